// SPDX-License-Identifier: Apache-2.0
//
// hd_window: from a stream of pixels to the operands of one step a clock: gather, window memory and step control.
//
// Function    Beats become words (hd_gather), words fill the window memory, and hd_window_ctrl walks over the output
//             positions. Each step gives TAPS_H * TAPS_W kernel positions of SIMD channels, position-major, with flags
//             that tell the first and the last step of a fold.
// Memory      TAPS_H = 1, TAPS_W = 1: one memory of CAPACITY pixels (hd_window_seq).
//             TAPS_H = KERNEL_H, TAPS_W = 1 or KERNEL_W: ROW_BANKS x COL_BANKS memories of BANK_ROWS rows each
//             (hd_window_banked); CAPACITY is then ROW_BANKS * BANK_ROWS * IN_W.
// Latency     x_* follow status_active (the step) by two clocks.
// Throughput  one step a clock while pixels and fold_ok allow.
// Illegal     TAPS other than those; a PAD_VALUE that is no value of BITS, signed or unsigned; see the parts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_window #(
    parameter integer BITS          = 8,
    // Lanes of the input stream, a power of two.
    parameter integer LANES_IN      = 1,
    // Channels of a kernel position taken in one step; SIMD and LANES_IN divide one another, either way.
    parameter integer SIMD          = 1,
    // Beats until the gatherer starts a new word: a pixel, a group of a pixel's channels, or a whole vector.
    parameter integer UNIT_BEATS    = 2,
    // Memory words of a pixel.
    parameter integer PIXEL_WORDS   = 2,
    // Steps over the channels of one kernel position in one group.
    parameter integer SLICES        = 2,
    // Lanes that stand for a channel in the last slice.
    parameter integer LAST_LANES    = 1,
    // Folds of a group, and groups; GROUPS_PACKED = 1 where a group is a slice (depthwise, pooling).
    parameter integer FOLDS         = 1,
    parameter integer GROUPS        = 1,
    parameter integer GROUPS_PACKED = 0,
    // The integer that fills the padding.
    parameter integer PAD_VALUE     = 0,
    // Kernel rows and columns taken in one step.
    parameter integer TAPS_H        = 1,
    parameter integer TAPS_W        = 1,
    parameter integer CAPACITY      = 20,
    parameter integer ROW_BANKS     = 1,
    parameter integer COL_BANKS     = 1,
    parameter integer BANK_ROWS     = 1,
    parameter integer IN_H          = 4,
    parameter integer IN_W          = 5,
    parameter integer OUT_H         = 4,
    parameter integer OUT_W         = 5,
    parameter integer KERNEL_H      = 3,
    parameter integer KERNEL_W      = 3,
    parameter integer STRIDE_H      = 1,
    parameter integer STRIDE_W      = 1,
    parameter integer DILATION_H    = 1,
    parameter integer DILATION_W    = 1,
    parameter integer PAD_TOP       = 1,
    parameter integer PAD_LEFT      = 1
) (
    input  wire                               clk,
    input  wire                               rst,
    input  wire                               s_axis_tvalid,
    output wire                               s_axis_tready,
    input  wire [          LANES_IN*BITS-1:0] s_axis_tdata,
    // The results of the fold that ends with this step can be taken.
    input  wire                               fold_ok,
    // The last step of a fold is taken in this clock.
    output wire                               fold_taken,
    output wire                               x_valid,
    output wire                               x_first,
    output wire                               x_last,
    output wire [TAPS_H*TAPS_W*SIMD*BITS-1:0] x_data,
    // A step is taken in this clock.
    output wire                               status_active
);

  localparam integer WORD_LANES = (SIMD > LANES_IN) ? SIMD : LANES_IN;
  localparam integer SEQUENTIAL = (TAPS_H == 1 && TAPS_W == 1) ? 1 : 0;

  generate
    if (SEQUENTIAL == 0 && TAPS_H != KERNEL_H) begin : gen_illegal_taps
      hd_window_TAPS_H_must_be_KERNEL_H_unless_one_position_is_taken_a_step u_illegal ();
    end
    if (SEQUENTIAL == 0 && CAPACITY != ROW_BANKS * BANK_ROWS * IN_W) begin : gen_illegal_capacity
      hd_window_CAPACITY_must_be_ROW_BANKS_times_BANK_ROWS_times_IN_W u_illegal ();
    end
    if (PAD_VALUE < -(1 << (BITS - 1)) || PAD_VALUE > (1 << BITS) - 1) begin : gen_illegal_padding
      hd_window_PAD_VALUE_must_fit_BITS u_illegal ();
    end
  endgenerate

  wire                       space;
  wire                       word_valid;
  wire [WORD_LANES*BITS-1:0] word_data;
  wire                       pixel_written;
  wire                       step;
  wire                       fold_first;
  wire                       fold_last;
  wire                       slice_last;
  wire [                2:0] move;

  hd_gather #(
      .BITS(BITS),
      .LANES(LANES_IN),
      .WORD_LANES(WORD_LANES),
      .UNIT_BEATS(UNIT_BEATS)
  ) u_gather (
      .clk(clk),
      .rst(rst),
      .s_axis_tvalid(s_axis_tvalid),
      .s_axis_tready(s_axis_tready),
      .s_axis_tdata(s_axis_tdata),
      .space(space),
      .word_valid(word_valid),
      .word_data(word_data)
  );

  hd_window_ctrl #(
      .IN_H(IN_H),
      .IN_W(IN_W),
      .OUT_H(OUT_H),
      .OUT_W(OUT_W),
      .KERNEL_H(KERNEL_H),
      .KERNEL_W(KERNEL_W),
      .STRIDE_H(STRIDE_H),
      .STRIDE_W(STRIDE_W),
      .DILATION_H(DILATION_H),
      .DILATION_W(DILATION_W),
      .PAD_TOP(PAD_TOP),
      .PAD_LEFT(PAD_LEFT),
      .TAP_STEPS_Y(KERNEL_H / TAPS_H),
      .TAP_STEPS_X(KERNEL_W / TAPS_W),
      .SLICES(SLICES),
      .FOLDS(FOLDS),
      .GROUPS(GROUPS),
      .CAPACITY(CAPACITY)
  ) u_control (
      .clk(clk),
      .rst(rst),
      .pixel_written(pixel_written),
      .space(space),
      .fold_ok(fold_ok),
      .step(step),
      .fold_first(fold_first),
      .fold_last(fold_last),
      .slice_last(slice_last),
      .move(move)
  );

  assign status_active = step;
  assign fold_taken = step && fold_last;

  generate
    if (SEQUENTIAL == 1) begin : gen_seq
      hd_window_seq #(
          .BITS(BITS),
          .WORD_LANES(WORD_LANES),
          .SIMD(SIMD),
          .PIXEL_WORDS(PIXEL_WORDS),
          .GROUPS_PACKED(GROUPS_PACKED),
          .LAST_LANES(LAST_LANES),
          .PAD_VALUE(PAD_VALUE),
          .CAPACITY(CAPACITY),
          .IN_H(IN_H),
          .IN_W(IN_W),
          .OUT_H(OUT_H),
          .STRIDE_H(STRIDE_H),
          .STRIDE_W(STRIDE_W),
          .DILATION_H(DILATION_H),
          .DILATION_W(DILATION_W),
          .PAD_TOP(PAD_TOP),
          .PAD_LEFT(PAD_LEFT)
      ) u_memory (
          .clk(clk),
          .rst(rst),
          .word_valid(word_valid),
          .word_data(word_data),
          .pixel_written(pixel_written),
          .step(step),
          .move(move),
          .slice_last(slice_last),
          .x_data(x_data)
      );
    end else begin : gen_banked
      hd_window_banked #(
          .BITS(BITS),
          .WORD_LANES(WORD_LANES),
          .SIMD(SIMD),
          .PIXEL_WORDS(PIXEL_WORDS),
          .GROUPS_PACKED(GROUPS_PACKED),
          .LAST_LANES(LAST_LANES),
          .PAD_VALUE(PAD_VALUE),
          .TAPS_W(TAPS_W),
          .ROW_BANKS(ROW_BANKS),
          .COL_BANKS(COL_BANKS),
          .BANK_ROWS(BANK_ROWS),
          .IN_H(IN_H),
          .IN_W(IN_W),
          .OUT_H(OUT_H),
          .KERNEL_H(KERNEL_H),
          .KERNEL_W(KERNEL_W),
          .STRIDE_H(STRIDE_H),
          .STRIDE_W(STRIDE_W),
          .DILATION_H(DILATION_H),
          .DILATION_W(DILATION_W),
          .PAD_TOP(PAD_TOP),
          .PAD_LEFT(PAD_LEFT)
      ) u_memory (
          .clk(clk),
          .rst(rst),
          .word_valid(word_valid),
          .word_data(word_data),
          .pixel_written(pixel_written),
          .step(step),
          .move(move),
          .slice_last(slice_last),
          .x_data(x_data)
      );
    end
  endgenerate

  reg [1:0] valid_pipe_reg;
  reg [1:0] first_pipe;
  reg [1:0] last_pipe;

  always @(posedge clk) begin
    valid_pipe_reg <= rst ? 2'b00 : {valid_pipe_reg[0], step};
    first_pipe     <= {first_pipe[0], fold_first};
    last_pipe      <= {last_pipe[0], fold_last};
  end

  assign x_valid = valid_pipe_reg[1];
  assign x_first = first_pipe[1];
  assign x_last  = last_pipe[1];

endmodule

`resetall
