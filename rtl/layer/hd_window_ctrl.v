// SPDX-License-Identifier: Apache-2.0
//
// hd_window_ctrl: decides, clock by clock, which step of which window position an engine takes.
//
// Function    Walks over frames, output rows, output columns, groups, folds, kernel rows, kernel columns and slices,
//             in this nesting from the outside in, one step a clock. A position begins when every pixel that its
//             window can touch, clamped to the picture, is in the memory; a step that ends a fold also needs
//             `fold_ok`. After a position's last step all pixels that no later window touches are given back.
//             Frames follow each other without a gap.
// Pixels      are counted, not stored: `lead_reg` = pixels written minus pixels of the frames that are finished
//             (negative while a frame's unused last pixels are still to come), `freed_reg` = pixels of the current
//             frame that are given back. `space` is high while fewer than CAPACITY pixels are held.
// Latency     a pixel counted by pixel_written can be stepped on in the next clock; freed space is seen in the next.
// move        what follows the step: SLICE, TAP_X, TAP_Y, FOLD (same window again), COLUMN, ROW, FRAME.
// Illegal     a window that does not fit the padded picture; padding as large as the dilated kernel; CAPACITY too
//             small for the first window.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_window_ctrl #(
    // Picture, in pixels.
    parameter integer IN_H       = 4,
    parameter integer IN_W       = 4,
    parameter integer OUT_H      = 4,
    parameter integer OUT_W      = 4,
    parameter integer KERNEL_H   = 3,
    parameter integer KERNEL_W   = 3,
    parameter integer STRIDE_H   = 1,
    parameter integer STRIDE_W   = 1,
    parameter integer DILATION_H = 1,
    parameter integer DILATION_W = 1,
    parameter integer PAD_TOP    = 1,
    parameter integer PAD_LEFT   = 1,
    // Sequential steps: kernel rows and columns that are not taken in parallel, slices of channels, folds of output
    // channels, groups.
    parameter integer TAP_STEPS_Y = 3,
    parameter integer TAP_STEPS_X = 3,
    parameter integer SLICES      = 1,
    parameter integer FOLDS       = 1,
    parameter integer GROUPS      = 1,
    // Pixels that the memory holds.
    parameter integer CAPACITY    = 16
) (
    input  wire       clk,
    input  wire       rst,
    // A pixel's last word is being written in this clock.
    input  wire       pixel_written,
    output wire       space,
    // The results of the fold that ends now can be taken.
    input  wire       fold_ok,
    // A step is taken in this clock.
    output wire       step,
    // It is the first, the last of a fold (meaningful with step).
    output wire       fold_first,
    output wire       fold_last,
    // It is the last slice of its tap.
    output wire       slice_last,
    output reg  [2:0] move
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer PIXELS = IN_H * IN_W;
  localparam integer SPAN_H = (KERNEL_H - 1) * DILATION_H;
  localparam integer SPAN_W = (KERNEL_W - 1) * DILATION_W;
  localparam integer FIRST_ROW = (SPAN_H - PAD_TOP < IN_H - 1) ? SPAN_H - PAD_TOP : IN_H - 1;
  localparam integer FIRST_COL = (SPAN_W - PAD_LEFT < IN_W - 1) ? SPAN_W - PAD_LEFT : IN_W - 1;
  localparam integer FIRST_NEED = FIRST_ROW * IN_W + FIRST_COL + 1;

  generate
    if (PAD_TOP > SPAN_H || PAD_LEFT > SPAN_W || PAD_TOP < 0 || PAD_LEFT < 0) begin : gen_illegal_padding
      hd_window_ctrl_padding_must_be_smaller_than_the_dilated_kernel u_illegal ();
    end
    if ((OUT_H - 1) * STRIDE_H - PAD_TOP > IN_H - 1 || (OUT_W - 1) * STRIDE_W - PAD_LEFT > IN_W - 1) begin : gen_illegal_size
      hd_window_ctrl_last_window_must_touch_the_picture u_illegal ();
    end
    if (CAPACITY < FIRST_NEED) begin : gen_illegal_capacity
      hd_window_ctrl_CAPACITY_must_hold_the_first_window u_illegal ();
    end
    if (SLICES < 1 || FOLDS < 1 || GROUPS < 1 || TAP_STEPS_Y < 1 || TAP_STEPS_X < 1) begin : gen_illegal_steps
      hd_window_ctrl_step_counts_must_be_at_least_1 u_illegal ();
    end
  endgenerate

  localparam [2:0] MOVE_SLICE = 3'd0;
  localparam [2:0] MOVE_TAP_X = 3'd1;
  localparam [2:0] MOVE_TAP_Y = 3'd2;
  localparam [2:0] MOVE_FOLD = 3'd3;
  localparam [2:0] MOVE_GROUP = 3'd4;
  localparam [2:0] MOVE_COLUMN = 3'd5;
  localparam [2:0] MOVE_ROW = 3'd6;
  localparam [2:0] MOVE_FRAME = 3'd7;

  // Signed width that holds every pixel count met here: up to two frames, a kernel's rows beyond, and the sign.
  localparam integer COUNT_W = width_of(2 * PIXELS + CAPACITY + (SPAN_H + 2 * STRIDE_H + PAD_TOP) * IN_W + SPAN_W + STRIDE_W) + 1;
  localparam integer SLICE_W = width_of(SLICES - 1);
  localparam integer TAP_X_W = width_of(TAP_STEPS_X - 1);
  localparam integer TAP_Y_W = width_of(TAP_STEPS_Y - 1);
  localparam integer FOLD_W = width_of(FOLDS - 1);
  localparam integer GROUP_W = width_of(GROUPS - 1);
  localparam integer COL_W = width_of(OUT_W - 1);
  localparam integer ROW_W = width_of(OUT_H - 1);

  // Constants in the width of the counters.
  localparam integer SLICE_END_I = SLICES - 1;
  localparam integer TAP_X_END_I = TAP_STEPS_X - 1;
  localparam integer TAP_Y_END_I = TAP_STEPS_Y - 1;
  localparam integer FOLD_END_I = FOLDS - 1;
  localparam integer GROUP_END_I = GROUPS - 1;
  localparam integer COL_END_I = OUT_W - 1;
  localparam integer ROW_END_I = OUT_H - 1;
  localparam integer ROW_STEP_I = STRIDE_H * IN_W;
  localparam integer ROW_SPAN_I = SPAN_H * IN_W;
  localparam integer LAST_ROW_I = (IN_H - 1) * IN_W;
  localparam integer LAST_COL_I = IN_W - 1;
  localparam integer ROW_START_I = -PAD_TOP * IN_W;
  localparam integer COL_START_I = -PAD_LEFT;
  localparam signed [COUNT_W-1:0] ROW_STEP = ROW_STEP_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] ROW_SPAN = ROW_SPAN_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] LAST_ROW = LAST_ROW_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] LAST_COL = LAST_COL_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] ROW_START = ROW_START_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] COL_START = COL_START_I[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] COL_STEP = STRIDE_W[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] COL_SPAN = SPAN_W[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] ALL_PIXELS = PIXELS[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] CAPACITY_C = CAPACITY[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] FIRST_NEED_C = FIRST_NEED[COUNT_W-1:0];
  localparam signed [COUNT_W-1:0] ZERO = {COUNT_W{1'b0}};
  localparam signed [COUNT_W-1:0] ONE = {{COUNT_W - 1{1'b0}}, 1'b1};

  reg [SLICE_W-1:0] slice_reg;
  reg [TAP_X_W-1:0] tap_x_reg;
  reg [TAP_Y_W-1:0] tap_y_reg;
  reg [FOLD_W-1:0] fold_reg;
  reg [GROUP_W-1:0] group_reg;
  reg [COL_W-1:0] col_reg;
  reg [ROW_W-1:0] row_reg;

  // First pixel of the window's row, times the picture's width, and its column: both negative inside the padding.
  reg signed [COUNT_W-1:0] origin_row_reg;
  reg signed [COUNT_W-1:0] origin_col_reg;
  reg signed [COUNT_W-1:0] lead_reg;
  reg signed [COUNT_W-1:0] freed_reg;
  reg signed [COUNT_W-1:0] need_reg;

  assign space = lead_reg - freed_reg < CAPACITY_C;

  wire slice_end = slice_reg == SLICE_END_I[SLICE_W-1:0];
  wire tap_x_end = tap_x_reg == TAP_X_END_I[TAP_X_W-1:0];
  wire tap_y_end = tap_y_reg == TAP_Y_END_I[TAP_Y_W-1:0];
  wire fold_end = fold_reg == FOLD_END_I[FOLD_W-1:0];
  wire group_end = group_reg == GROUP_END_I[GROUP_W-1:0];
  wire col_end = col_reg == COL_END_I[COL_W-1:0];
  wire row_end = row_reg == ROW_END_I[ROW_W-1:0];

  assign slice_last = slice_end;
  assign fold_first = slice_reg == 0 && tap_x_reg == 0 && tap_y_reg == 0;
  assign fold_last = slice_end && tap_x_end && tap_y_end;
  assign step = lead_reg >= need_reg && (fold_ok || !fold_last);

  always @* begin
    if (!slice_end) move = MOVE_SLICE;
    else if (!tap_x_end) move = MOVE_TAP_X;
    else if (!tap_y_end) move = MOVE_TAP_Y;
    else if (!fold_end) move = MOVE_FOLD;
    else if (!group_end) move = MOVE_GROUP;
    else if (!col_end) move = MOVE_COLUMN;
    else if (!row_end) move = MOVE_ROW;
    else move = MOVE_FRAME;
  end

  wire position_ends = step && fold_last && fold_end && group_end;
  wire frame_ends = position_ends && col_end && row_end;

  always @(posedge clk) begin : walk
    // The next position's origin, what it needs, and what its arrival frees.
    reg signed [COUNT_W-1:0] next_row;
    reg signed [COUNT_W-1:0] next_col;
    reg signed [COUNT_W-1:0] later_row;
    reg signed [COUNT_W-1:0] reach_row;
    reg signed [COUNT_W-1:0] reach_col;
    reg signed [COUNT_W-1:0] used_here;
    reg signed [COUNT_W-1:0] used_later;
    reg last_row_next;
    if (step) begin
      slice_reg <= slice_end ? {SLICE_W{1'b0}} : slice_reg + 1'b1;
      if (slice_end) tap_x_reg <= tap_x_end ? {TAP_X_W{1'b0}} : tap_x_reg + 1'b1;
      if (slice_end && tap_x_end) tap_y_reg <= tap_y_end ? {TAP_Y_W{1'b0}} : tap_y_reg + 1'b1;
      if (fold_last) fold_reg <= fold_end ? {FOLD_W{1'b0}} : fold_reg + 1'b1;
      if (fold_last && fold_end) group_reg <= group_end ? {GROUP_W{1'b0}} : group_reg + 1'b1;
    end
    if (position_ends) begin
      next_row = !col_end ? origin_row_reg : row_end ? ROW_START : origin_row_reg + ROW_STEP;
      next_col = col_end ? COL_START : origin_col_reg + COL_STEP;
      reach_row = (next_row + ROW_SPAN < LAST_ROW) ? next_row + ROW_SPAN : LAST_ROW;
      reach_col = (next_col + COL_SPAN < LAST_COL) ? next_col + COL_SPAN : LAST_COL;
      later_row = next_row + ROW_STEP;
      last_row_next = (col_end && !row_end) ? row_reg + 1'b1 == ROW_END_I[ROW_W-1:0] : row_end;
      used_here = ((next_row < ZERO) ? ZERO : next_row) + ((next_col < ZERO) ? ZERO : next_col);
      used_later = (later_row < ZERO) ? ZERO : later_row;
      col_reg <= col_end ? {COL_W{1'b0}} : col_reg + 1'b1;
      if (col_end) row_reg <= row_end ? {ROW_W{1'b0}} : row_reg + 1'b1;
      origin_row_reg <= next_row;
      origin_col_reg <= next_col;
      need_reg <= reach_row + reach_col + ONE;
      freed_reg <= (col_end && row_end) ? ZERO : (!last_row_next && used_later < used_here) ? used_later : used_here;
    end
    if (pixel_written || frame_ends)
      lead_reg <= lead_reg + (pixel_written ? ONE : ZERO) - (frame_ends ? ALL_PIXELS : ZERO);
    if (rst) begin
      slice_reg <= {SLICE_W{1'b0}};
      tap_x_reg <= {TAP_X_W{1'b0}};
      tap_y_reg <= {TAP_Y_W{1'b0}};
      fold_reg <= {FOLD_W{1'b0}};
      group_reg <= {GROUP_W{1'b0}};
      col_reg <= {COL_W{1'b0}};
      row_reg <= {ROW_W{1'b0}};
      origin_row_reg <= ROW_START;
      origin_col_reg <= COL_START;
      need_reg <= FIRST_NEED_C;
      freed_reg <= ZERO;
      lead_reg <= ZERO;
    end
  end

endmodule

`resetall
