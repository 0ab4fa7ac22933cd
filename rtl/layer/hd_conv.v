// SPDX-License-Identifier: Apache-2.0
//
// hd_conv: convolution engine, ordinary or grouped; any kernel, stride, dilation and padding.
//
// Function    y[oc] = requantise(bias[oc] + sum over the window and the group's channels of x * w) for every output
//             position in raster order; see hd_requant for the numbers, hd_mac_back for the files.
// Weights     step order: group, fold of PE output channels, kernel row step, kernel column step, slice of SIMD input
//             channels; inside a step product k = (row * TAPS_W + column) * SIMD + lane (see hd_mac_array).
// Work        OUT_H * OUT_W * GROUPS * ceil(OCg/PE) * (KERNEL_H/TAPS_H) * (KERNEL_W/TAPS_W) * ceil(ICg/SIMD) clocks a
//             frame with PE * TAPS_H * TAPS_W * SIMD multipliers, where a fold's ceil(results/R) is not longer.
// Folding     PE and SIMD need not divide the channels: the last fold and the last slice are padded with zero weights.
// Stall       the input waits while the window memory is full, the array while the output FIFO is.
// Illegal     LANES_IN not dividing the channels of a group where there are several; SIMD and LANES_IN of which neither
//             divides the other; see the parts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_conv #(
    // Picture, channels.
    parameter integer IN_H           = 4,
    parameter integer IN_W           = 5,
    parameter integer IN_CHANNELS    = 3,
    parameter integer OUT_CHANNELS   = 4,
    parameter integer GROUPS         = 1,
    // Window.
    parameter integer KERNEL_H       = 3,
    parameter integer KERNEL_W       = 3,
    parameter integer STRIDE_H       = 1,
    parameter integer STRIDE_W       = 1,
    parameter integer DILATION_H     = 1,
    parameter integer DILATION_W     = 1,
    parameter integer PAD_TOP        = 1,
    parameter integer PAD_LEFT       = 1,
    parameter integer PAD_BOTTOM     = 1,
    parameter integer PAD_RIGHT      = 1,
    // Lanes of the streams, powers of two.
    parameter integer LANES_IN       = 1,
    parameter integer LANES_OUT      = 1,
    // Folding: output channels and input channels of a group in parallel.
    parameter integer PE             = 1,
    parameter integer SIMD           = 1,
    // Kernel rows and columns in parallel: 1 x 1, KERNEL_H x 1 or KERNEL_H x KERNEL_W.
    parameter integer TAPS_H         = 1,
    parameter integer TAPS_W         = 1,
    // Window memory (see hd_window).
    parameter integer CAPACITY       = 20,
    parameter integer ROW_BANKS      = 1,
    parameter integer COL_BANKS      = 1,
    parameter integer BANK_ROWS      = 1,
    // Input elements; PAD_VALUE, the input zero point, fills the padding.
    parameter integer X_BITS         = 8,
    parameter integer X_SIGNED       = 0,
    parameter integer PAD_VALUE      = 0,
    // Weights (signed), the final sum, the array's chain length (see hd_mac_array).
    parameter integer W_BITS         = 8,
    parameter integer ACC_BITS       = 24,
    parameter integer CHAIN          = 1,
    // Requantisation (see hd_requant).
    parameter integer R              = 1,
    parameter integer MUL_BITS       = 24,
    parameter integer M_BITS         = 18,
    parameter integer SHIFT_MIN      = 20,
    parameter integer SHIFT_BITS     = 0,
    parameter integer ZW_BITS        = 0,
    parameter integer OUT_BITS       = 8,
    parameter integer ZERO_POINT     = 0,
    parameter integer CLAMP_LO       = 0,
    parameter integer CLAMP_HI       = 255,
    // Beats in the output FIFO.
    parameter integer FIFO_DEPTH     = 16,
    parameter         WEIGHT_FILE    = "",
    parameter         PARAM_FILE     = ""
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire                          s_axis_tvalid,
    output wire                          s_axis_tready,
    input  wire [    LANES_IN*X_BITS-1:0] s_axis_tdata,
    output wire                          m_axis_tvalid,
    input  wire                          m_axis_tready,
    output wire [LANES_OUT*OUT_BITS-1:0] m_axis_tdata,
    // High in each clock in which the array takes a step.
    output wire                          status_active
);

  localparam integer OUT_H = (IN_H + PAD_TOP + PAD_BOTTOM - (KERNEL_H - 1) * DILATION_H - 1) / STRIDE_H + 1;
  localparam integer OUT_W = (IN_W + PAD_LEFT + PAD_RIGHT - (KERNEL_W - 1) * DILATION_W - 1) / STRIDE_W + 1;
  localparam integer GROUP_IN = IN_CHANNELS / GROUPS;
  localparam integer GROUP_OUT = OUT_CHANNELS / GROUPS;
  localparam integer SLICES = (GROUP_IN + SIMD - 1) / SIMD;
  localparam integer FOLDS = (GROUP_OUT + PE - 1) / PE;
  localparam integer WORD_LANES = (SIMD > LANES_IN) ? SIMD : LANES_IN;
  localparam integer UNIT_BEATS = (GROUP_IN + LANES_IN - 1) / LANES_IN;
  localparam integer PIXEL_WORDS = GROUPS * ((UNIT_BEATS * LANES_IN + WORD_LANES - 1) / WORD_LANES);
  localparam integer X_LANES = TAPS_H * TAPS_W * SIMD;

  generate
    if (GROUP_IN * GROUPS != IN_CHANNELS || GROUP_OUT * GROUPS != OUT_CHANNELS) begin : gen_illegal_groups
      hd_conv_GROUPS_must_divide_IN_CHANNELS_and_OUT_CHANNELS u_illegal ();
    end
    if (GROUPS > 1 && UNIT_BEATS * LANES_IN != GROUP_IN) begin : gen_illegal_lanes
      hd_conv_LANES_IN_must_divide_the_channels_of_a_group u_illegal ();
    end
    if (PE > GROUP_OUT || SIMD > GROUP_IN) begin : gen_illegal_folding
      hd_conv_PE_and_SIMD_must_not_exceed_the_channels_of_a_group u_illegal ();
    end
  endgenerate

  wire                      fold_ok;
  wire                      fold_taken;
  wire                      x_valid;
  wire                      x_first;
  wire                      x_last;
  wire [X_LANES*X_BITS-1:0] x_data;

  hd_window #(
      .BITS(X_BITS),
      .LANES_IN(LANES_IN),
      .SIMD(SIMD),
      .UNIT_BEATS(UNIT_BEATS),
      .PIXEL_WORDS(PIXEL_WORDS),
      .SLICES(SLICES),
      .LAST_LANES(GROUP_IN - (SLICES - 1) * SIMD),
      .FOLDS(FOLDS),
      .GROUPS(GROUPS),
      .GROUPS_PACKED(0),
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

  hd_mac_back #(
      .X_BITS(X_BITS),
      .X_SIGNED(X_SIGNED),
      .W_BITS(W_BITS),
      .ACC_BITS(ACC_BITS),
      .RESULTS(PE),
      .DEPTH(X_LANES),
      .CHANNELS(0),
      .CHAIN(CHAIN),
      .WEIGHT_STEPS(GROUPS * FOLDS * (KERNEL_H / TAPS_H) * (KERNEL_W / TAPS_W) * SLICES),
      .WEIGHT_FILE(WEIGHT_FILE),
      .FOLDS(FOLDS),
      .LAST_RESULTS(GROUP_OUT - (FOLDS - 1) * PE),
      .GROUPS(GROUPS),
      .R(R),
      .MUL_BITS(MUL_BITS),
      .M_BITS(M_BITS),
      .SHIFT_MIN(SHIFT_MIN),
      .SHIFT_BITS(SHIFT_BITS),
      .ZW_BITS(ZW_BITS),
      .OUT_BITS(OUT_BITS),
      .ZERO_POINT(ZERO_POINT),
      .CLAMP_LO(CLAMP_LO),
      .CLAMP_HI(CLAMP_HI),
      .PARAM_FILE(PARAM_FILE),
      .LANES_OUT(LANES_OUT),
      .FIFO_DEPTH(FIFO_DEPTH)
  ) u_back (
      .clk(clk),
      .rst(rst),
      .step(status_active),
      .fold_taken(fold_taken),
      .fold_ok(fold_ok),
      .x_valid(x_valid),
      .x_first(x_first),
      .x_last(x_last),
      .x_data(x_data),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tdata(m_axis_tdata)
  );

endmodule

`resetall
