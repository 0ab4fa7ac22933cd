// SPDX-License-Identifier: Apache-2.0
//
// hd_requant: from exact sums to output integers, LANES at a time.
//
// Function    a = acc + bias - zw * sum_x                       (modulo 2^ACC_BITS, where the result fits)
//             a is saturated to MUL_BITS                        (the compiler has shown that this changes no output)
//             t = a * m + 2^(s-1); q = t >>> s; if the low s bits of t are 0, bit 0 of q is cleared
//             y = clamp(ZERO_POINT + q, CLAMP_LO, CLAMP_HI)     (round half to even)
//             with m = mult + 2^(M_BITS-1), mult signed, so that one signed multiplier of M_BITS does it and m = 0
//             (a dead channel) is mult = -2^(M_BITS-1); and s = SHIFT_MIN + shift.
// Latency     LATENCY = 6 clocks from in_valid to out_valid, one vector a clock, no stall.
// Illegal     SHIFT_MIN < 1, MUL_BITS > ACC_BITS, CLAMP_LO > CLAMP_HI, OUT_BITS > 16; ZERO_POINT or clamps that are no
//             values of OUT_BITS, signed or unsigned; MUL_BITS or M_BITS < 2, ZW_BITS >= ACC_BITS.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_requant #(
    parameter integer LANES      = 1,
    parameter integer ACC_BITS   = 24,
    // Bits of the multiplier's port that takes the sum, at most ACC_BITS.
    parameter integer MUL_BITS   = 24,
    // Significant bits of m.
    parameter integer M_BITS     = 18,
    parameter integer SHIFT_MIN  = 20,
    // Bits of the per-channel shift, 0 where all channels share SHIFT_MIN.
    parameter integer SHIFT_BITS = 2,
    // Bits of the weights' zero point (signed), 0 where it is zero for all channels.
    parameter integer ZW_BITS    = 8,
    parameter integer OUT_BITS   = 8,
    parameter integer ZERO_POINT = 0,
    // Real integers, not bit patterns: -128..127 or 0..255 for 8 bits.
    parameter integer CLAMP_LO   = 0,
    parameter integer CLAMP_HI   = 255,
    // Derived, not to be set: the ports' widths where a field is absent.
    parameter integer SHIFT_PORT = (SHIFT_BITS < 1) ? 1 : SHIFT_BITS,
    parameter integer ZW_PORT    = (ZW_BITS < 1) ? 1 : ZW_BITS
) (
    input  wire                        clk,
    input  wire                        rst,
    input  wire                        in_valid,
    input  wire [  LANES*ACC_BITS-1:0] in_acc,
    input  wire [  LANES*ACC_BITS-1:0] in_sum_x,
    input  wire [  LANES*ACC_BITS-1:0] in_bias,
    input  wire [    LANES*M_BITS-1:0] in_mult,
    input  wire [LANES*SHIFT_PORT-1:0] in_shift,
    input  wire [   LANES*ZW_PORT-1:0] in_zw,
    output wire                        out_valid,
    output wire [  LANES*OUT_BITS-1:0] out_data
);

  generate
    if (SHIFT_MIN < 1 || MUL_BITS > ACC_BITS || CLAMP_LO > CLAMP_HI || OUT_BITS > 16) begin : gen_illegal
      hd_requant_needs_SHIFT_MIN_of_1_or_more_and_MUL_BITS_within_ACC_BITS_and_CLAMP_LO_within_CLAMP_HI_and_OUT_BITS_within_16 u_illegal ();
    end
    if (ZERO_POINT < -(1 << (OUT_BITS - 1)) || ZERO_POINT > (1 << OUT_BITS) - 1
        || CLAMP_LO < -(1 << (OUT_BITS - 1)) || CLAMP_HI > (1 << OUT_BITS) - 1) begin : gen_illegal_range
      hd_requant_ZERO_POINT_and_CLAMP_must_fit_OUT_BITS u_illegal ();
    end
    if (LANES < 1 || MUL_BITS < 2 || M_BITS < 2 || ZW_BITS >= ACC_BITS) begin : gen_illegal_width
      hd_requant_needs_LANES_of_1_MUL_BITS_and_M_BITS_of_2_or_more_and_ZW_BITS_below_ACC_BITS u_illegal ();
    end
  endgenerate

  localparam integer LATENCY = 6;
  localparam integer SHIFT_MAX = SHIFT_MIN + ((SHIFT_BITS < 1) ? 0 : (1 << SHIFT_BITS) - 1);
  localparam integer PRODUCT_W = MUL_BITS + M_BITS;
  // Holds a * m, which is below 2^(PRODUCT_W - 1) in magnitude, and 2^SHIFT_MAX, and their sum.
  localparam integer T_W = ((PRODUCT_W > SHIFT_MAX + 1) ? PRODUCT_W : SHIFT_MAX + 1) + 1;
  localparam [T_W-1:0] ONE = {{T_W - 1{1'b0}}, 1'b1};

  reg [LATENCY-1:0] valid_pipe_reg;
  always @(posedge clk) valid_pipe_reg <= rst ? {LATENCY{1'b0}} : {valid_pipe_reg[LATENCY-2:0], in_valid};
  assign out_valid = valid_pipe_reg[LATENCY-1];

  // Stage 1: bias, and the weights' zero point.
  reg [LANES*ACC_BITS-1:0] biased_p1;
  reg [LANES*ACC_BITS-1:0] zero_term_p1;
  reg [LANES*M_BITS-1:0] mult_p1, mult_p2;
  reg [LANES*SHIFT_PORT-1:0] shift_p1, shift_p2, shift_p3, shift_p4;
  // Stage 2: the saturated sum. Stage 3: its product, and the sum once more for the multiplier's top bit.
  reg [LANES*MUL_BITS-1:0] sum_p2, sum_p3;
  reg [LANES*PRODUCT_W-1:0] product_p3;
  // Stage 4: t. Stages 5 and 6: hd_round.
  reg [LANES*T_W-1:0] t_p4;

  generate
    if (ZW_BITS > 0) begin : gen_zero_point
      always @(posedge clk) if (in_valid) begin : zero_term
        reg [31:0] lane;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
          zero_term_p1[lane*ACC_BITS+:ACC_BITS] <= in_sum_x[lane*ACC_BITS+:ACC_BITS]
              * {{ACC_BITS - ZW_PORT{in_zw[lane*ZW_PORT+ZW_PORT-1]}}, in_zw[lane*ZW_PORT+:ZW_PORT]};
        end
      end
    end else begin : gen_no_zero_point
      wire unused_zero_point = &{1'b0, in_sum_x, in_zw};
      always @(posedge clk) zero_term_p1 <= {LANES * ACC_BITS{1'b0}};
    end
  endgenerate

  always @(posedge clk) begin : stages
    reg [31:0] lane;
    reg signed [ACC_BITS-1:0] sum;
    reg signed [MUL_BITS-1:0] a;
    reg signed [M_BITS-1:0] m;
    reg [PRODUCT_W-1:0] p;
    reg signed [T_W-1:0] t;
    reg [T_W-1:0] power;
    shift_p1 <= in_shift;
    shift_p2 <= shift_p1;
    shift_p3 <= shift_p2;
    shift_p4 <= shift_p3;
    mult_p1  <= in_mult;
    mult_p2  <= mult_p1;
    // The rest of a stage moves with a vector in it only; the last one stands first, so that all move together.
    if (valid_pipe_reg[2]) begin
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        a = sum_p3[lane*MUL_BITS+:MUL_BITS];
        p = product_p3[lane*PRODUCT_W+:PRODUCT_W];
        t = {{T_W - PRODUCT_W{p[PRODUCT_W-1]}}, p};
        t = t + {{T_W - MUL_BITS - M_BITS + 1{a[MUL_BITS-1]}}, a, {M_BITS - 1{1'b0}}};
        power = ONE << (SHIFT_MIN - 1);
        if (SHIFT_BITS > 0) power = power << shift_p3[lane*SHIFT_PORT+:SHIFT_PORT];
        t_p4[lane*T_W+:T_W] <= t + power;
      end
    end
    if (valid_pipe_reg[1]) begin
      sum_p3 <= sum_p2;
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        a = sum_p2[lane*MUL_BITS+:MUL_BITS];
        m = mult_p2[lane*M_BITS+:M_BITS];
        product_p3[lane*PRODUCT_W+:PRODUCT_W] <= a * m;
      end
    end
    if (valid_pipe_reg[0]) begin
      for (lane = 0; lane < LANES; lane = lane + 1) begin
        sum = biased_p1[lane*ACC_BITS+:ACC_BITS] - zero_term_p1[lane*ACC_BITS+:ACC_BITS];
        // In range when all bits from the sign bit of MUL_BITS upwards agree.
        if (&sum[ACC_BITS-1:MUL_BITS-1] || !(|sum[ACC_BITS-1:MUL_BITS-1])) a = sum[MUL_BITS-1:0];
        else a = {sum[ACC_BITS-1], {MUL_BITS - 1{!sum[ACC_BITS-1]}}};
        sum_p2[lane*MUL_BITS+:MUL_BITS] <= a;
      end
    end
    if (in_valid) begin
      for (lane = 0; lane < LANES; lane = lane + 1)
      biased_p1[lane*ACC_BITS+:ACC_BITS] <= in_acc[lane*ACC_BITS+:ACC_BITS] + in_bias[lane*ACC_BITS+:ACC_BITS];
    end
  end

  hd_round #(
      .LANES(LANES),
      .T_BITS(T_W),
      .SHIFT_MIN(SHIFT_MIN),
      .SHIFT_BITS(SHIFT_BITS),
      .OUT_BITS(OUT_BITS),
      .ZERO_POINT(ZERO_POINT),
      .CLAMP_LO(CLAMP_LO),
      .CLAMP_HI(CLAMP_HI)
  ) u_round (
      .clk(clk),
      .in_valid(valid_pipe_reg[3]),
      .in_t(t_p4),
      .in_shift(shift_p4),
      .out_data(out_data)
  );

endmodule

`resetall
