// SPDX-License-Identifier: Apache-2.0
//
// hd_window_seq: window memory that is read one kernel position at a time.
//
// Function    Words arrive in order and go to one circular memory of CAPACITY pixels. Each step of hd_window_ctrl
//             reads one slice (SIMD channels) of one kernel position; a position in the padding gives PAD_VALUE in
//             every lane that stands for a channel and zero in the others. No padding is ever stored.
// Latency     x_data is valid two clocks after the step.
// Addresses   are kept in words, modulo the capacity, by adding constants: no multiplier, any capacity.
// Illegal     see hd_window_ctrl; WORD_LANES not a multiple of SIMD.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_window_seq #(
    parameter integer BITS          = 8,
    // Lanes of a memory word and of a step; WORD_LANES is a multiple of SIMD.
    parameter integer WORD_LANES    = 2,
    parameter integer SIMD          = 2,
    parameter integer PIXEL_WORDS   = 2,
    parameter integer GROUPS_PACKED = 0,
    // Lanes that stand for a channel in the last slice of a tap.
    parameter integer LAST_LANES    = 2,
    // The integer that fills the padding (two's complement in BITS).
    parameter integer PAD_VALUE     = 0,
    // Pixels that the memory holds.
    parameter integer CAPACITY      = 16,
    // Picture and window, as in hd_window_ctrl.
    parameter integer IN_H          = 4,
    parameter integer IN_W          = 4,
    parameter integer OUT_H         = 4,
    parameter integer STRIDE_H      = 1,
    parameter integer STRIDE_W      = 1,
    parameter integer DILATION_H    = 1,
    parameter integer DILATION_W    = 1,
    parameter integer PAD_TOP       = 1,
    parameter integer PAD_LEFT      = 1
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire                       word_valid,
    input  wire [WORD_LANES*BITS-1:0] word_data,
    // High in the clock in which a pixel's last word is written.
    output wire                       pixel_written,
    input  wire                       step,
    input  wire [                2:0] move,
    input  wire                       slice_last,
    output reg  [      SIMD*BITS-1:0] x_data
);

  localparam integer WORD_SLICES = WORD_LANES / SIMD;

  generate
    if (WORD_SLICES * SIMD != WORD_LANES) begin : gen_illegal
      hd_window_seq_WORD_LANES_must_be_a_multiple_of_SIMD u_illegal ();
    end
  endgenerate

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer WORDS = CAPACITY * PIXEL_WORDS;
  localparam integer ADDR_W = width_of(WORDS - 1);
  localparam integer WORD_W = width_of(PIXEL_WORDS - 1);
  localparam integer SLICE_W = width_of(WORD_SLICES - 1);
  localparam integer POS_W = width_of(IN_H + IN_W + PAD_TOP + PAD_LEFT + STRIDE_H + STRIDE_W) + 1;

  // A distance in words, modulo the capacity.
  function integer modulo_words;
    input integer pixels;
    begin
      modulo_words = (((pixels % CAPACITY) + CAPACITY) % CAPACITY) * PIXEL_WORDS;
    end
  endfunction

  localparam integer START_I = modulo_words(-PAD_TOP * IN_W - PAD_LEFT);
  localparam integer TAP_X_I = modulo_words(DILATION_W);
  localparam integer TAP_Y_I = modulo_words(DILATION_H * IN_W);
  localparam integer COLUMN_I = modulo_words(STRIDE_W);
  localparam integer ROW_I = modulo_words(STRIDE_H * IN_W);
  localparam integer FRAME_I = modulo_words((IN_H - (OUT_H - 1) * STRIDE_H) * IN_W);
  localparam integer LAST_ADDR_I = WORDS - 1;
  localparam integer LAST_WORD_I = PIXEL_WORDS - 1;
  localparam integer ROW_START_I = -PAD_TOP;
  localparam integer COL_START_I = -PAD_LEFT;

  localparam [2:0] MOVE_TAP_X = 3'd1;
  localparam [2:0] MOVE_TAP_Y = 3'd2;
  localparam [2:0] MOVE_FOLD = 3'd3;
  localparam [2:0] MOVE_GROUP = 3'd4;
  localparam [2:0] MOVE_COLUMN = 3'd5;
  localparam [2:0] MOVE_ROW = 3'd6;
  localparam [2:0] MOVE_FRAME = 3'd7;

  function [ADDR_W-1:0] add_modulo;
    input [ADDR_W-1:0] base;
    input [ADDR_W-1:0] offset;
    reg [ADDR_W:0] sum;
    begin
      sum = {1'b0, base} + {1'b0, offset};
      add_modulo = (sum >= WORDS[ADDR_W:0]) ? base + offset - WORDS[ADDR_W-1:0] : base + offset;
    end
  endfunction

  // Write side.
  reg [ADDR_W-1:0] wr_addr_reg;
  reg [WORD_W-1:0] wr_word_reg;
  wire wr_pixel_end = wr_word_reg == LAST_WORD_I[WORD_W-1:0];
  assign pixel_written = word_valid && wr_pixel_end;

  always @(posedge clk) begin
    if (word_valid) begin
      wr_addr_reg <= (wr_addr_reg == LAST_ADDR_I[ADDR_W-1:0]) ? {ADDR_W{1'b0}} : wr_addr_reg + 1'b1;
      wr_word_reg <= wr_pixel_end ? {WORD_W{1'b0}} : wr_word_reg + 1'b1;
    end
    if (rst) begin
      wr_addr_reg <= {ADDR_W{1'b0}};
      wr_word_reg <= {WORD_W{1'b0}};
    end
  end

  // Read side: the pixel's address for the row of windows, the window, its kernel row, the step.
  reg [ADDR_W-1:0] row_ptr_reg;
  reg [ADDR_W-1:0] window_ptr_reg;
  reg [ADDR_W-1:0] tap_row_ptr_reg;
  reg [ADDR_W-1:0] ptr_reg;
  reg signed [POS_W-1:0] window_y_reg;
  reg signed [POS_W-1:0] window_x_reg;
  reg signed [POS_W-1:0] y_reg;
  reg signed [POS_W-1:0] x_reg;

  always @(posedge clk) begin : walk
    reg [ADDR_W-1:0] next_ptr;
    reg signed [POS_W-1:0] next_place;
    if (step) begin
      case (move)
        MOVE_TAP_X: begin
          ptr_reg <= add_modulo(ptr_reg, TAP_X_I[ADDR_W-1:0]);
          x_reg   <= x_reg + $signed(DILATION_W[POS_W-1:0]);
        end
        MOVE_TAP_Y: begin
          next_ptr = add_modulo(tap_row_ptr_reg, TAP_Y_I[ADDR_W-1:0]);
          ptr_reg         <= next_ptr;
          tap_row_ptr_reg <= next_ptr;
          x_reg           <= window_x_reg;
          y_reg           <= y_reg + $signed(DILATION_H[POS_W-1:0]);
        end
        MOVE_FOLD, MOVE_GROUP: begin
          ptr_reg         <= window_ptr_reg;
          tap_row_ptr_reg <= window_ptr_reg;
          x_reg           <= window_x_reg;
          y_reg           <= window_y_reg;
        end
        MOVE_COLUMN: begin
          next_ptr = add_modulo(window_ptr_reg, COLUMN_I[ADDR_W-1:0]);
          next_place = window_x_reg + $signed(STRIDE_W[POS_W-1:0]);
          ptr_reg         <= next_ptr;
          tap_row_ptr_reg <= next_ptr;
          window_ptr_reg  <= next_ptr;
          x_reg           <= next_place;
          window_x_reg    <= next_place;
          y_reg           <= window_y_reg;
        end
        MOVE_ROW, MOVE_FRAME: begin
          next_ptr = add_modulo(row_ptr_reg, (move == MOVE_FRAME) ? FRAME_I[ADDR_W-1:0] : ROW_I[ADDR_W-1:0]);
          next_place = (move == MOVE_FRAME) ? ROW_START_I[POS_W-1:0] : window_y_reg + $signed(STRIDE_H[POS_W-1:0]);
          ptr_reg         <= next_ptr;
          tap_row_ptr_reg <= next_ptr;
          window_ptr_reg  <= next_ptr;
          row_ptr_reg     <= next_ptr;
          x_reg           <= COL_START_I[POS_W-1:0];
          window_x_reg    <= COL_START_I[POS_W-1:0];
          y_reg           <= next_place;
          window_y_reg    <= next_place;
        end
        default: ptr_reg <= ptr_reg;
      endcase
    end
    if (rst) begin
      ptr_reg         <= START_I[ADDR_W-1:0];
      tap_row_ptr_reg <= START_I[ADDR_W-1:0];
      window_ptr_reg  <= START_I[ADDR_W-1:0];
      row_ptr_reg     <= START_I[ADDR_W-1:0];
      x_reg           <= COL_START_I[POS_W-1:0];
      window_x_reg    <= COL_START_I[POS_W-1:0];
      y_reg           <= ROW_START_I[POS_W-1:0];
      window_y_reg    <= ROW_START_I[POS_W-1:0];
    end
  end

  wire [ WORD_W-1:0] word;
  wire [SLICE_W-1:0] slice;

  hd_slice_counter #(
      .WORD_SLICES(WORD_SLICES),
      .PIXEL_WORDS(PIXEL_WORDS),
      .GROUPS_PACKED(GROUPS_PACKED),
      .WORD_W(WORD_W),
      .SLICE_W(SLICE_W)
  ) u_slices (
      .clk(clk),
      .rst(rst),
      .step(step),
      .move(move),
      .word_reg(word),
      .slice_reg(slice)
  );

  // WORD_W <= ADDR_W always, since the memory holds at least one pixel.
  wire [ADDR_W-1:0] word_offset;
  generate
    if (ADDR_W > WORD_W) begin : gen_extend
      assign word_offset = {{ADDR_W - WORD_W{1'b0}}, word};
    end else begin : gen_same
      assign word_offset = word;
    end
  endgenerate

  // What fills the padding: every lane that stands for a channel, in the last slice of a tap and in the others.
  localparam [SIMD*BITS-1:0] PADDING = {SIMD{PAD_VALUE[BITS-1:0]}};
  localparam [SIMD*BITS-1:0] PADDING_LAST = PADDING & ({SIMD * BITS{1'b1}} >> ((SIMD - LAST_LANES) * BITS));

  wire in_picture = y_reg >= 0 && y_reg < $signed(IN_H[POS_W-1:0]) && x_reg >= 0 && x_reg < $signed(IN_W[POS_W-1:0]);
  wire [WORD_LANES*BITS-1:0] read_word;

  hd_ram_sdp #(
      .WIDTH (WORD_LANES * BITS),
      .DEPTH (WORDS),
      .ADDR_W(ADDR_W)
  ) u_memory (
      .clk(clk),
      .wr_en(word_valid),
      .wr_addr(wr_addr_reg),
      .wr_data(word_data),
      .rd_en(step),
      .rd_addr(ptr_reg + word_offset),
      .rd_data(read_word)
  );

  reg step_p1;
  reg in_picture_p1;
  reg slice_last_p1;
  reg [SLICE_W-1:0] slice_p1;

  always @(posedge clk) begin : select
    step_p1 <= step;
    if (step_p1) begin
      if (in_picture_p1) x_data <= read_word[slice_p1*SIMD*BITS+:SIMD*BITS];
      else x_data <= slice_last_p1 ? PADDING_LAST : PADDING;
    end
    if (step) begin
      in_picture_p1 <= in_picture;
      slice_last_p1 <= slice_last;
      slice_p1      <= slice;
    end
  end

endmodule

`resetall
