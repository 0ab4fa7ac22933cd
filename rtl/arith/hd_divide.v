// SPDX-License-Identifier: Apache-2.0

/*
 * hd_divide: the exact average of sums, in lanes.
 *
 * Function    y = clamp(ZERO_POINT + rne(S / d), CLAMP_LO, CLAMP_HI) for each lane; rne rounds to the nearest integer,
 *             ties to even, exactly. d is COUNT_MIN where COUNT_MIN = COUNT_MAX, else s_count.
 * Latency     5: what enters in cycle n (s_valid) leaves in cycle n+5 (m_valid), m_side with it.
 * Throughput  a beat a cycle.
 * Stalls      none: the pipeline always moves. The user keeps room for what is under way.
 * Illegal     s_count outside COUNT_MIN..COUNT_MAX in a valid beat; COUNT_MAX >= 2**SUM_BITS;
 *             SUM_BITS + 2 + clog2(COUNT_MAX) > 60; CLAMP_LO > CLAMP_HI; ZERO_POINT or a clamp beyond +-2**BITS.
 *
 * Why it is exact. rne is odd, so the magnitude |S| is divided and the sign put back. With t = 2|S| + d and D = 2d,
 * q = floor(t / D) = floor(|S|/d + 1/2), and |S|/d is a tie just when D divides t; then bit 0 of q is cleared.
 * Take T_W and D_W with t < 2**T_W and D <= 2**D_W, k = T_W + D_W, m = ceil(2**k / D), so m*D = 2**k + e, 0 <= e < D.
 * With t = q*D + r, 0 <= r < D:    t*m = q * 2**k + F,    F = (r * 2**k + t*e) / D.
 *   F < 2**k, since t*e < 2**T_W * D <= 2**k: the bits of t*m from k upwards are q.
 *   r = 0:   F = q*e <= t*(D-1)/D < 2**T_W, so the D_W bits of F below bit k are zero.
 *   r >= 1:  F >= 2**k / D >= 2**T_W, so they are not. Hence a tie is seen in those D_W bits.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_divide #(
    // sums of a beat, >= 1
    parameter LANES = 1,
    // bits of a signed sum, >= 2
    parameter SUM_BITS = 12,
    // least divisor, >= 1
    parameter COUNT_MIN = 4,
    // largest divisor, COUNT_MIN .. 2**SUM_BITS - 1
    parameter COUNT_MAX = 4,
    // bits of a result, 1..16
    parameter BITS = 8,
    // integer added to the rounded quotient
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255,
    // bits that travel with a beat, >= 1
    parameter SIDE_BITS = 1
) (
    input  wire                           clk,
    input  wire                           rst,

    input  wire                           s_valid,
    input  wire [LANES*SUM_BITS-1:0]      s_sum,
    input  wire [$clog2(COUNT_MAX+1)-1:0] s_count,
    input  wire [SIDE_BITS-1:0]           s_side,

    output wire                           m_valid,
    output wire [LANES*BITS-1:0]          m_data,
    output wire [SIDE_BITS-1:0]           m_side
);

    localparam COUNT_W = $clog2(COUNT_MAX + 1);
    // bits of t and of D = 2 * COUNT_MAX, places below the quotient
    localparam T_W = SUM_BITS + 1;
    localparam D_W = 1 + $clog2(COUNT_MAX);
    localparam K = T_W + D_W;
    // bits of m = ceil(2**K / (2 * COUNT_MIN)) <= 2**(K - 1 - floor(log2(COUNT_MIN)))
    localparam M_W = K + 1 - $clog2(COUNT_MIN + 1);
    localparam P_W = T_W + M_W;
    localparam Q_W = P_W - K;
    localparam Y_W = (Q_W > BITS + 1 ? Q_W : BITS + 1) + 2;
    localparam COUNTS = COUNT_MAX - COUNT_MIN + 1;
    // the table of reciprocals is as large as its index reaches, so that no illegal count reads beyond it: Verilator
    // 5.006 fails on such a read ("4-state value in constant pool")
    localparam INDEX_W = $clog2(COUNTS);
    localparam PLACES = 1 << INDEX_W;
    localparam [31:0] FIRST_COUNT = COUNT_MIN;

    function [63:0] extended(input signed [31:0] value);
        extended = {{32{value[31]}}, value};
    endfunction

    localparam [63:0] ZERO_POINT_64 = extended(ZERO_POINT);
    localparam [63:0] CLAMP_LO_64 = extended(CLAMP_LO);
    localparam [63:0] CLAMP_HI_64 = extended(CLAMP_HI);
    localparam signed [Y_W-1:0] ZERO = ZERO_POINT_64[Y_W-1:0];
    localparam signed [Y_W-1:0] LO = CLAMP_LO_64[Y_W-1:0];
    localparam signed [Y_W-1:0] HI = CLAMP_HI_64[Y_W-1:0];
    localparam STAGES = 5;

    generate
        if (LANES < 1) begin : gen_illegal_lanes
            hd_divide_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_divide_BITS_must_be_1_to_16 u_illegal ();
        end
        if (COUNT_MIN < 1 || COUNT_MAX < COUNT_MIN) begin : gen_illegal_count
            hd_divide_COUNT_MIN_and_COUNT_MAX_must_be_a_range_from_1 u_illegal ();
        end
        if (SUM_BITS < 2 || (SUM_BITS < 31 && COUNT_MAX >= (1 << SUM_BITS))) begin : gen_illegal_sum_bits
            hd_divide_SUM_BITS_must_hold_COUNT_MAX u_illegal ();
        end
        if (K > 61) begin : gen_illegal_product
            hd_divide_SUM_BITS_and_COUNT_MAX_are_too_large u_illegal ();
        end
        if (CLAMP_LO > CLAMP_HI) begin : gen_illegal_clamp
            hd_divide_CLAMP_LO_must_not_exceed_CLAMP_HI u_illegal ();
        end
        if (ZERO_POINT < -(1 << BITS) || ZERO_POINT > (1 << BITS) || CLAMP_LO < -(1 << BITS)
            || CLAMP_HI > (1 << BITS)) begin : gen_illegal_range
            hd_divide_ZERO_POINT_and_CLAMP_must_fit_BITS u_illegal ();
        end
        if (SIDE_BITS < 1) begin : gen_illegal_side
            hd_divide_SIDE_BITS_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    // m = ceil(2**K / (2*d)) for d = COUNT_MIN .. COUNT_MAX, the first in the low bits, zeros after the last
    function [PLACES*M_W-1:0] reciprocals(input integer first);
        integer index;
        integer place;
        reg [63:0] divisor;
        reg [63:0] rest;
        begin
            divisor = 64'd0;
            reciprocals = {PLACES*M_W{1'b0}};
            for (index = 0; index < COUNTS; index = index + 1) begin
                divisor[31:0] = 2 * (first + index);
                rest = (64'd1 << K) + divisor - 64'd1;
                for (place = M_W - 1; place >= 0; place = place - 1) begin
                    reciprocals[index*M_W + place] = rest >= (divisor << place);
                    if (rest >= (divisor << place)) rest = rest - (divisor << place);
                end
            end
        end
    endfunction

    localparam [PLACES*M_W-1:0] RECIPROCALS = reciprocals(COUNT_MIN);

    wire [COUNT_W-1:0] count;
    // of the beat that enters, and one stage later, as t leaves its register
    wire [M_W-1:0] reciprocal_p1;

    generate
        if (COUNTS == 1) begin : gen_one_count
            wire unused_count = &{1'b0, s_count};
            assign count = FIRST_COUNT[COUNT_W-1:0];
            assign reciprocal_p1 = RECIPROCALS;
        end else begin : gen_table
            wire [COUNT_W-1:0] offset = s_count - FIRST_COUNT[COUNT_W-1:0];
            wire [INDEX_W-1:0] index = offset[INDEX_W-1:0];
            wire unused_offset = &{1'b0, offset};
            reg [M_W-1:0] reciprocal_reg;
            always @(posedge clk) begin : read_reciprocal
                reciprocal_reg <= RECIPROCALS[index*M_W +: M_W];
            end
            assign count = s_count;
            assign reciprocal_p1 = reciprocal_reg;
        end
    endgenerate

    reg [LANES*BITS-1:0] y_reg;
    reg [STAGES-1:0] valid_reg;
    reg [STAGES*SIDE_BITS-1:0] side_reg;

    assign m_valid = valid_reg[STAGES-1];
    assign m_data = y_reg;
    assign m_side = side_reg[(STAGES-1)*SIDE_BITS +: SIDE_BITS];

    // the last stage stands first, so that each reads what the one before it held at the clock edge
    always @(posedge clk) begin : divide
        reg [T_W-1:0] t [0:LANES-1];
        reg [P_W-1:0] product [0:LANES-1];
        reg [P_W-1:0] settled [0:LANES-1];
        reg signed [Y_W-1:0] y [0:LANES-1];
        // signs of stages 1 to 3
        reg [LANES-1:0] negative_p1;
        reg [LANES-1:0] negative_p2;
        reg [LANES-1:0] negative_p3;
        reg [T_W-1:0] twice;
        reg [Q_W-1:0] quotient;
        reg signed [Y_W-1:0] rounded;
        reg tie;
        integer lane;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            y_reg[lane*BITS +: BITS] <= y[lane] < LO ? LO[BITS-1:0] : y[lane] > HI ? HI[BITS-1:0] : y[lane][BITS-1:0];

            tie = settled[lane][K-1 -: D_W] == {D_W{1'b0}};
            quotient = settled[lane][P_W-1:K];
            quotient[0] = quotient[0] && !tie;
            rounded = {{(Y_W-Q_W){1'b0}}, quotient};
            y[lane] = negative_p3[lane] ? ZERO - rounded : ZERO + rounded;

            settled[lane] = product[lane];
            product[lane] = {{M_W{1'b0}}, t[lane]} * {{T_W{1'b0}}, reciprocal_p1};

            negative_p3[lane] = negative_p2[lane];
            negative_p2[lane] = negative_p1[lane];
            negative_p1[lane] = s_sum[lane*SUM_BITS + SUM_BITS - 1];
            twice = {s_sum[lane*SUM_BITS +: SUM_BITS], 1'b0};
            t[lane] = {{(T_W-COUNT_W){1'b0}}, count} + (negative_p1[lane] ? -twice : twice);
        end
        side_reg <= side_reg << SIDE_BITS;
        side_reg[0 +: SIDE_BITS] <= s_side;
    end

    always @(posedge clk) begin : control
        valid_reg <= {valid_reg[STAGES-2:0], s_valid};
        if (rst) valid_reg <= {STAGES{1'b0}};
    end

endmodule

`resetall
