// SPDX-License-Identifier: Apache-2.0
//
// hd_round: from scaled sums to output integers, LANES at a time; the end of every integer layer.
//
// Function    in_t = p + 2^(s-1) where p / 2^s is the result before rounding, s = SHIFT_MIN + in_shift.
//             q = t >>> s; if the low s bits of t are 0, bit 0 of q is cleared        (round half to even)
//             y = clamp(ZERO_POINT + q, CLAMP_LO, CLAMP_HI)
// Latency     2 clocks from in_valid, a vector a clock, no stall; out_data is held until the next one.
// Illegal     SHIFT_MIN < 1, T_BITS <= SHIFT_MIN + 2^SHIFT_BITS - 1, CLAMP_LO > CLAMP_HI, OUT_BITS outside 1..16;
//             ZERO_POINT or clamps that are no values of OUT_BITS, signed or unsigned.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_round #(
    parameter integer LANES      = 1,
    parameter integer T_BITS     = 32,
    parameter integer SHIFT_MIN  = 20,
    // Bits of the per-lane shift, 0 where all share SHIFT_MIN.
    parameter integer SHIFT_BITS = 2,
    parameter integer OUT_BITS   = 8,
    parameter integer ZERO_POINT = 0,
    // Real integers, not bit patterns: -128..127 or 0..255 for 8 bits.
    parameter integer CLAMP_LO   = 0,
    parameter integer CLAMP_HI   = 255,
    // Derived, not to be set: the port's width where the field is absent.
    parameter integer SHIFT_PORT = (SHIFT_BITS < 1) ? 1 : SHIFT_BITS
) (
    input  wire                        clk,
    input  wire                        in_valid,
    input  wire [    LANES*T_BITS-1:0] in_t,
    input  wire [LANES*SHIFT_PORT-1:0] in_shift,
    output reg  [  LANES*OUT_BITS-1:0] out_data
);

  localparam integer SHIFT_MAX = SHIFT_MIN + ((SHIFT_BITS < 1) ? 0 : (1 << SHIFT_BITS) - 1);

  generate
    if (LANES < 1 || SHIFT_MIN < 1 || T_BITS <= SHIFT_MAX) begin : gen_illegal
      hd_round_needs_LANES_and_SHIFT_MIN_of_1_or_more_and_T_BITS_above_the_largest_shift u_illegal ();
    end
    if (OUT_BITS < 1 || OUT_BITS > 16 || CLAMP_LO > CLAMP_HI) begin : gen_illegal_output
      hd_round_needs_OUT_BITS_of_1_to_16_and_CLAMP_LO_within_CLAMP_HI u_illegal ();
    end
    if (ZERO_POINT < -(1 << (OUT_BITS - 1)) || ZERO_POINT > (1 << OUT_BITS) - 1
        || CLAMP_LO < -(1 << (OUT_BITS - 1)) || CLAMP_HI > (1 << OUT_BITS) - 1) begin : gen_illegal_range
      hd_round_ZERO_POINT_and_CLAMP_must_fit_OUT_BITS u_illegal ();
    end
  endgenerate

  localparam integer Q_BASE_W = T_BITS - SHIFT_MIN;
  // q is cut to OUT_BITS + 2 bits, beyond which the clamp decides whatever the zero point is.
  localparam integer CUT_W = OUT_BITS + 2;
  localparam integer WIDE_W = ((Q_BASE_W > CUT_W) ? Q_BASE_W : CUT_W) + 1;
  localparam integer Q_W = CUT_W + 2;
  localparam signed [Q_W-1:0] ZERO_POINT_C = ZERO_POINT[Q_W-1:0];
  localparam signed [Q_W-1:0] CLAMP_LO_C = CLAMP_LO[Q_W-1:0];
  localparam signed [Q_W-1:0] CLAMP_HI_C = CLAMP_HI[Q_W-1:0];
  localparam [T_BITS-1:0] ONE = {{T_BITS - 1{1'b0}}, 1'b1};

  reg valid_p1;
  reg [LANES*Q_W-1:0] q_p1;

  generate
    if (SHIFT_BITS < 1) begin : gen_one_shift
      wire unused_shift = &{1'b0, in_shift};
    end
  endgenerate

  always @(posedge clk) begin : stages
    reg [31:0] lane;
    reg signed [T_BITS-1:0] t;
    reg [T_BITS-1:0] power;
    reg signed [T_BITS-1:0] shifted;
    reg [WIDE_W-1:0] wide;
    reg [CUT_W-1:0] cut;
    reg signed [Q_W-1:0] q;
    valid_p1 <= in_valid;
    if (valid_p1) begin
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        q = q_p1[lane*Q_W+:Q_W];
        if (q < CLAMP_LO_C) q = CLAMP_LO_C;
        else if (q > CLAMP_HI_C) q = CLAMP_HI_C;
        out_data[lane*OUT_BITS+:OUT_BITS] <= q[OUT_BITS-1:0];
      end
    end
    if (in_valid) begin
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        t = in_t[lane*T_BITS+:T_BITS];
        power = ONE << SHIFT_MIN;
        shifted = t >>> SHIFT_MIN;
        if (SHIFT_BITS > 0) begin
          power   = power << in_shift[lane*SHIFT_PORT+:SHIFT_PORT];
          shifted = shifted >>> in_shift[lane*SHIFT_PORT+:SHIFT_PORT];
        end
        if ((t & (power - ONE)) == {T_BITS{1'b0}}) shifted[0] = 1'b0;
        wide = {{WIDE_W - Q_BASE_W{shifted[Q_BASE_W-1]}}, shifted[Q_BASE_W-1:0]};
        if (&wide[WIDE_W-1:CUT_W-1] || !(|wide[WIDE_W-1:CUT_W-1])) cut = wide[CUT_W-1:0];
        else cut = {wide[WIDE_W-1], {CUT_W - 1{!wide[WIDE_W-1]}}};
        q_p1[lane*Q_W+:Q_W] <= {{2{cut[CUT_W-1]}}, cut} + ZERO_POINT_C;
      end
    end
  end

endmodule

`resetall
