// SPDX-License-Identifier: Apache-2.0
//
// hd_pool: max or average pooling of any kernel, stride and dilation; windows may overlap.
//
// Function    MODE 0: y = clamp(max x), the padding being the type's minimum. MODE 1: y = clamp(ZERO_POINT + rne(sum (x -
//             ZERO_POINT) / n)), rne to the nearest, ties to even, exactly; n = KERNEL_H * KERNEL_W where
//             COUNT_INCLUDE_PAD (padding then counts as ZERO_POINT), else the window's positions inside the picture.
//             OUT = (IN + both pads - dilated kernel) / STRIDE + 1, rounded down, in each direction.
// Work        steps: OUT_H * OUT_W * FOLDS * S with FOLDS = ceil(CHANNELS/CH), S = (KERNEL_H/TAPS_H) * (KERNEL_W/TAPS_W).
//             Interval: OUT_H * OUT_W * sum over the folds of max(S, ceil(channels of the fold / R)) clocks a frame,
//             where neither the streams nor the window memory take longer and FIFO_DEPTH covers the latency: at a beat
//             a clock that is latency + 1 beats.
// Latency     a fold's last step (status_active) is taken in clock n: the beat that its chunk k (R channels, k from 0)
//             completes is offered in clock n + ceil(log2(TAPS_H*TAPS_W)) + k + 7 (max) or + 11 (average) where no beat
//             waits before it. In detail: window 2, array ceil(log2(TAPS_H*TAPS_W)) + 1, hold 1, k, clamp 1 or divide 5,
//             beat 1, FIFO 1.
// Folding     CH need not divide the channels.
// Stall       the input waits while the window memory is full, the array while the output FIFO is.
// Illegal     CH and LANES_IN of which neither divides the other; R that does not divide LANES_OUT, or CH where there
//             are several folds; padding as large as the dilated kernel; an average without COUNT_INCLUDE_PAD over a
//             window that has no pixel in the picture; see the parts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pool #(
    // 0 max, 1 average.
    parameter integer MODE              = 0,
    // Picture and channels.
    parameter integer IN_H              = 4,
    parameter integer IN_W              = 5,
    parameter integer CHANNELS          = 3,
    // Window.
    parameter integer KERNEL_H          = 3,
    parameter integer KERNEL_W          = 3,
    parameter integer STRIDE_H          = 1,
    parameter integer STRIDE_W          = 1,
    parameter integer DILATION_H        = 1,
    parameter integer DILATION_W        = 1,
    parameter integer PAD_TOP           = 1,
    parameter integer PAD_LEFT          = 1,
    parameter integer PAD_BOTTOM        = 1,
    parameter integer PAD_RIGHT         = 1,
    // Average: 1 divides by the whole window, 0 by the positions inside the picture.
    parameter integer COUNT_INCLUDE_PAD = 0,
    // Lanes of the streams, powers of two.
    parameter integer LANES_IN          = 1,
    parameter integer LANES_OUT         = 1,
    // Folding: channels in parallel.
    parameter integer CH                = 1,
    // Kernel rows and columns in parallel: 1 x 1, KERNEL_H x 1 or KERNEL_H x KERNEL_W.
    parameter integer TAPS_H            = 1,
    parameter integer TAPS_W            = 1,
    // Window memory (see hd_window).
    parameter integer CAPACITY          = 20,
    parameter integer ROW_BANKS         = 1,
    parameter integer COL_BANKS         = 1,
    parameter integer BANK_ROWS         = 1,
    // Elements, input and output; the integer that stands for zero (average); least and largest result.
    parameter integer BITS              = 8,
    parameter integer SIGNED            = 0,
    parameter integer ZERO_POINT        = 0,
    parameter integer CLAMP_LO          = 0,
    parameter integer CLAMP_HI          = 255,
    // Results taken from the holding register in a clock.
    parameter integer R                 = 1,
    // Beats in the output FIFO.
    parameter integer FIFO_DEPTH        = 16
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    input  wire [ LANES_IN*BITS-1:0] s_axis_tdata,
    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES_OUT*BITS-1:0] m_axis_tdata,
    // High in each clock in which the array takes a step.
    output wire                      status_active
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer MODE_MAX = 0;
  localparam integer OUT_H = (IN_H + PAD_TOP + PAD_BOTTOM - (KERNEL_H - 1) * DILATION_H - 1) / STRIDE_H + 1;
  localparam integer OUT_W = (IN_W + PAD_LEFT + PAD_RIGHT - (KERNEL_W - 1) * DILATION_W - 1) / STRIDE_W + 1;
  localparam integer FOLDS = (CHANNELS + CH - 1) / CH;
  localparam integer LAST_RESULTS = CHANNELS - (FOLDS - 1) * CH;
  localparam integer WORD_LANES = (CH > LANES_IN) ? CH : LANES_IN;
  localparam integer UNIT_BEATS = (CHANNELS + LANES_IN - 1) / LANES_IN;
  localparam integer PIXEL_WORDS = (UNIT_BEATS * LANES_IN + WORD_LANES - 1) / WORD_LANES;
  localparam integer TAPS = TAPS_H * TAPS_W;
  localparam integer POSITIONS = KERNEL_H * KERNEL_W;
  localparam integer TYPE_LO = (SIGNED != 0) ? -(1 << (BITS - 1)) : 0;
  localparam integer TYPE_HI = (SIGNED != 0) ? (1 << (BITS - 1)) - 1 : (1 << BITS) - 1;
  localparam integer PAD_VALUE = (MODE == MODE_MAX) ? TYPE_LO : ZERO_POINT;
  localparam integer RESULT_BITS = (MODE == MODE_MAX) ? BITS : BITS + 1 + $clog2(POSITIONS);
  localparam integer CHUNKS = (FOLDS - 1) * ((CH + R - 1) / R) + (LAST_RESULTS + R - 1) / R;
  localparam integer INDEX_W = width_of(CHUNKS - 1);
  localparam integer LAST_LANES = (CHANNELS % R == 0) ? R : CHANNELS % R;

  generate
    if (MODE != 0 && MODE != 1) begin : gen_illegal_mode
      hd_pool_MODE_must_be_0_max_or_1_average u_illegal ();
    end
    if (CH > CHANNELS) begin : gen_illegal_folding
      hd_pool_CH_must_not_exceed_CHANNELS u_illegal ();
    end
    if (FOLDS > 1 && CH % R != 0) begin : gen_illegal_r
      hd_pool_R_must_divide_CH_where_there_are_several_folds u_illegal ();
    end
    if (CLAMP_LO > CLAMP_HI || CLAMP_LO < TYPE_LO || CLAMP_HI > TYPE_HI) begin : gen_illegal_clamp
      hd_pool_CLAMP_must_be_a_range_of_the_type u_illegal ();
    end
    if (ZERO_POINT < TYPE_LO || ZERO_POINT > TYPE_HI) begin : gen_illegal_zero_point
      hd_pool_ZERO_POINT_must_lie_in_the_type u_illegal ();
    end
  endgenerate

  wire                       fold_ok;
  wire                       fold_taken;
  wire                       x_valid;
  wire                       x_first;
  wire                       x_last;
  wire [   TAPS*CH*BITS-1:0] x_data;
  wire                       result_valid;
  wire [ CH*RESULT_BITS-1:0] result_data;
  wire                       chunk_valid;
  wire                       chunk_last;
  wire [  R*RESULT_BITS-1:0] chunk_data;
  wire                       unused_shared;
  wire [        INDEX_W-1:0] next_index;
  wire                       unused_index = &{1'b0, next_index};
  wire                       out_valid;
  wire                       out_last;
  wire [         R*BITS-1:0] out_data;

  hd_window #(
      .BITS(BITS),
      .LANES_IN(LANES_IN),
      .SIMD(CH),
      .UNIT_BEATS(UNIT_BEATS),
      .PIXEL_WORDS(PIXEL_WORDS),
      .SLICES(1),
      .LAST_LANES(CH),
      .FOLDS(1),
      .GROUPS(FOLDS),
      .GROUPS_PACKED(1),
      .PAD_VALUE(PAD_VALUE),
      .TAPS_H(TAPS_H),
      .TAPS_W(TAPS_W),
      .CAPACITY(CAPACITY),
      .ROW_BANKS(ROW_BANKS),
      .COL_BANKS(COL_BANKS),
      .BANK_ROWS(BANK_ROWS),
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
      .PAD_LEFT(PAD_LEFT)
  ) u_window (
      .clk(clk),
      .rst(rst),
      .s_axis_tvalid(s_axis_tvalid),
      .s_axis_tready(s_axis_tready),
      .s_axis_tdata(s_axis_tdata),
      .fold_ok(fold_ok),
      .fold_taken(fold_taken),
      .x_valid(x_valid),
      .x_first(x_first),
      .x_last(x_last),
      .x_data(x_data),
      .status_active(status_active)
  );

  hd_pool_array #(
      .MODE(MODE),
      .BITS(BITS),
      .SIGNED(SIGNED),
      .ZERO_POINT(ZERO_POINT),
      .CH(CH),
      .TAPS(TAPS),
      .POSITIONS(POSITIONS)
  ) u_array (
      .clk(clk),
      .rst(rst),
      .x_valid(x_valid),
      .x_first(x_first),
      .x_last(x_last),
      .x_data(x_data),
      .result_valid(result_valid),
      .result_data(result_data)
  );

  hd_fold_credit #(
      .FULL_RESULTS(CH),
      .LAST_RESULTS(LAST_RESULTS),
      .FOLDS(FOLDS),
      .GROUPS(1),
      .R(R),
      .LANES_OUT(LANES_OUT),
      .DEPTH(FIFO_DEPTH)
  ) u_credit (
      .clk(clk),
      .rst(rst),
      .fold_ok(fold_ok),
      .fold_taken(fold_taken),
      .beat_taken(m_axis_tvalid && m_axis_tready)
  );

  hd_serialise #(
      .BITS(RESULT_BITS),
      .SHARED_BITS(1),
      .RESULTS(CH),
      .LAST_RESULTS(LAST_RESULTS),
      .FOLDS(FOLDS),
      .GROUPS(1),
      .R(R),
      .INDEX_W(INDEX_W)
  ) u_serialise (
      .clk(clk),
      .rst(rst),
      .in_valid(result_valid),
      .in_data(result_data),
      .in_shared(1'b0),
      .chunk_valid(chunk_valid),
      .chunk_data(chunk_data),
      .chunk_shared(unused_shared),
      .chunk_last(chunk_last),
      .next_index(next_index)
  );

  generate
    if (MODE == MODE_MAX) begin : gen_max
      // One bit wider than the type, so that no comparison is decided by the type alone.
      localparam signed [BITS:0] LO = CLAMP_LO[BITS:0];
      localparam signed [BITS:0] HI = CLAMP_HI[BITS:0];
      reg valid_reg;
      reg last_reg;
      reg [R*BITS-1:0] data_reg;

      always @(posedge clk) begin : clamp
        integer lane;
        reg signed [BITS:0] y;
        valid_reg <= chunk_valid && !rst;
        last_reg  <= chunk_last;
        for (lane = 0; lane < R; lane = lane + 1) begin
          y = {SIGNED != 0 && chunk_data[lane*BITS+BITS-1], chunk_data[lane*BITS+:BITS]};
          data_reg[lane*BITS+:BITS] <= (y < LO) ? LO[BITS-1:0] : (y > HI) ? HI[BITS-1:0] : y[BITS-1:0];
        end
      end

      assign out_valid = valid_reg;
      assign out_last  = last_reg;
      assign out_data  = data_reg;
    end else begin : gen_average
      hd_pool_average #(
          .LANES(R),
          .SUM_BITS(RESULT_BITS),
          .BITS(BITS),
          .ZERO_POINT(ZERO_POINT),
          .CLAMP_LO(CLAMP_LO),
          .CLAMP_HI(CLAMP_HI),
          .COUNT_INCLUDE_PAD(COUNT_INCLUDE_PAD),
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
          .PAD_LEFT(PAD_LEFT)
      ) u_average (
          .clk(clk),
          .rst(rst),
          .chunk_valid(chunk_valid),
          .chunk_last(chunk_last),
          .chunk_data(chunk_data),
          .out_valid(out_valid),
          .out_last(out_last),
          .out_data(out_data)
      );
    end
  endgenerate

  hd_pack #(
      .BITS(BITS),
      .R(R),
      .LANES_OUT(LANES_OUT),
      .LAST_LANES(LAST_LANES),
      .DEPTH(FIFO_DEPTH)
  ) u_pack (
      .clk(clk),
      .rst(rst),
      .chunk_valid(out_valid),
      .chunk_last(out_last),
      .chunk_data(out_data),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tdata(m_axis_tdata)
  );

endmodule

`resetall
