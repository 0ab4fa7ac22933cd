// SPDX-License-Identifier: Apache-2.0
//
// hd_dense: fully connected engine.
//
// Function    y[o] = requantise(bias[o] + sum of x[i] * w[o][i]), one vector a frame; see hd_requant. A frame is IN_BEATS
//             beats of LANES_IN lanes as they come: a feature map needs no flattening, its padding lanes (which carry
//             zero) and its order are met by the weight image.
// Weights     step order: fold of PE outputs, then slices of SIMD lanes in order of arrival.
// Work        ceil(OUT_CHANNELS/PE) * WORDS * WORD_LANES / SIMD clocks a frame with PE * SIMD multipliers, where WORDS is
//             ceil(IN_BEATS * LANES_IN / WORD_LANES) and WORD_LANES = max(SIMD, LANES_IN).
// Memory      CAPACITY words; one vector's WORDS at least, up to twice that to take the next frame meanwhile.
// Stall       the input waits while the memory is full, the array while the output FIFO is.
// Illegal     SIMD and LANES_IN of which neither divides the other; see the parts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_dense #(
    // Beats of an input frame, output channels.
    parameter integer IN_BEATS       = 7,
    parameter integer OUT_CHANNELS   = 4,
    // Lanes of the streams, powers of two.
    parameter integer LANES_IN       = 1,
    parameter integer LANES_OUT      = 1,
    // Folding: outputs and inputs in parallel.
    parameter integer PE             = 1,
    parameter integer SIMD           = 1,
    // Words of the input memory.
    parameter integer CAPACITY       = 14,
    // Input elements.
    parameter integer X_BITS         = 8,
    parameter integer X_SIGNED       = 0,
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

  localparam integer WORD_LANES = (SIMD > LANES_IN) ? SIMD : LANES_IN;
  localparam integer WORDS = (IN_BEATS * LANES_IN + WORD_LANES - 1) / WORD_LANES;
  localparam integer FOLDS = (OUT_CHANNELS + PE - 1) / PE;
  localparam integer X_LANES = SIMD;

  generate
    if (PE > OUT_CHANNELS) begin : gen_illegal_folding
      hd_dense_PE_must_not_exceed_OUT_CHANNELS u_illegal ();
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
      .UNIT_BEATS(IN_BEATS),
      .PIXEL_WORDS(1),
      .SLICES(WORD_LANES / SIMD),
      .LAST_LANES(SIMD),
      .FOLDS(FOLDS),
      .GROUPS(1),
      .GROUPS_PACKED(0),
      .PAD_VALUE(0),
      .TAPS_H(1),
      .TAPS_W(1),
      .CAPACITY(CAPACITY),
      .ROW_BANKS(1),
      .COL_BANKS(1),
      .BANK_ROWS(1),
      .IN_H(1),
      .IN_W(WORDS),
      .OUT_H(1),
      .OUT_W(1),
      .KERNEL_H(1),
      .KERNEL_W(WORDS),
      .STRIDE_H(1),
      .STRIDE_W(1),
      .DILATION_H(1),
      .DILATION_W(1),
      .PAD_TOP(0),
      .PAD_LEFT(0)
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
      .DEPTH(SIMD),
      .CHANNELS(0),
      .CHAIN(CHAIN),
      .WEIGHT_STEPS(FOLDS * WORDS * (WORD_LANES / SIMD)),
      .WEIGHT_FILE(WEIGHT_FILE),
      .FOLDS(FOLDS),
      .LAST_RESULTS(OUT_CHANNELS - (FOLDS - 1) * PE),
      .GROUPS(1),
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
