// SPDX-License-Identifier: Apache-2.0

/*
 * hd_add: element-wise weighted sum of INPUTS streams and a constant.
 *
 * Function    y = clamp(ZERO_POINT + rne((sum_i MULTIPLIERS[i] * (x_i - ZERO_POINTS[i]) + k) / 2^SHIFT)), lane by lane,
 *             rne to the nearest, ties to even; k from the table, 0 without one. All streams carry CHANNELS channels a
 *             pixel, LANES a beat; one beat of each is taken together. Padding lanes of the output are zero.
 *             With one input: a change of scale and zero point, or the addition of a constant.
 * Latency     5 + INPUTS: beats that are taken in cycle n make the beat that is offered in cycle n + 5 + INPUTS when
 *             none waits. The products are summed one input a cycle, as DSP cascades do it.
 * Throughput  a beat a cycle.
 * Stalls      the output buffer holds max(16, 6 + INPUTS) beats, counted from where the inputs are taken; a beat that
 *             leaves in cycle n makes room in cycle n+1. s_axis_tready[i] is high in the
 *             cycle in which all inputs are taken: it depends on the s_axis_tvalid of all inputs, and on a register.
 *             The pipeline never stops; the last beat leaves without further input.
 * Table       K_FILE in $readmemh form, K_WORDS words of LANES signed values of K_BITS, lane 0 in the low bits, one word
 *             a beat, walked from the first beat after reset and over again: 1 word, a pixel's beats, or a frame's.
 * Illegal     IN_BITS outside 1..16 or not summing up to DATA_BITS; SHIFT outside 1..47; a multiplier of 2^31 or more;
 *             SUM_BITS that do not hold the sum with its rounding half, or the product of an input; what hd_round refuses
 *             of ZERO_POINT and CLAMP; K_WORDS that do not divide a frame's beats; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_add #(
    // streams, >= 1
    parameter INPUTS = 2,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // 32 bits an input, the first in the low ones: bits of a channel, 1..16
    parameter [INPUTS*32-1:0] IN_BITS = {INPUTS{32'd8}},
    // 1: channels are signed
    parameter [INPUTS*32-1:0] IN_SIGNED = {INPUTS{32'd0}},
    // the integer that stands for zero
    parameter [INPUTS*32-1:0] ZERO_POINTS = {INPUTS{32'd0}},
    // >= 0
    parameter [INPUTS*32-1:0] MULTIPLIERS = {INPUTS{32'd131072}},
    // sum of IN_BITS
    parameter DATA_BITS = 8 * INPUTS,
    // bits of sum_i MULTIPLIERS[i] * (x_i - ZERO_POINTS[i]) + k + 2^(SHIFT-1), which is signed
    parameter SUM_BITS = 28,
    // 1..47
    parameter SHIFT = 17,
    // bits of an output channel, 1..16
    parameter OUT_BITS = 8,
    // the integer that stands for zero at the output
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255,
    // words of the table, 0: there is none
    parameter K_WORDS = 0,
    // bits of a constant
    parameter K_BITS = 8,
    // path of the table
    parameter K_FILE = ""
) (
    input  wire                       clk,
    input  wire                       rst,

    // all inputs, the first in the low bits
    input  wire [INPUTS-1:0]          s_axis_tvalid,
    output wire [INPUTS-1:0]          s_axis_tready,
    input  wire [LANES*DATA_BITS-1:0] s_axis_tdata,

    output wire                       m_axis_tvalid,
    input  wire                       m_axis_tready,
    output wire [LANES*OUT_BITS-1:0]  m_axis_tdata
);

    // bits of a channel of the inputs below the given one
    function integer bits_below(input integer input_index);
        integer index;
        begin
            bits_below = 0;
            for (index = 0; index < input_index; index = index + 1) bits_below = bits_below + IN_BITS[32*index +: 32];
        end
    endfunction

    genvar g_in;
    generate
        if (INPUTS < 1 || LANES < 1 || CHANNELS < 1) begin : gen_illegal_size
            hd_add_INPUTS_LANES_and_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        for (g_in = 0; g_in < INPUTS; g_in = g_in + 1) begin : gen_check
            if (IN_BITS[32*g_in +: 32] < 1 || IN_BITS[32*g_in +: 32] > 16) begin : gen_illegal_bits
                hd_add_IN_BITS_must_be_1_to_16 u_illegal ();
            end
            if (MULTIPLIERS[32*g_in+31]) begin : gen_illegal_multiplier
                hd_add_MULTIPLIERS_must_be_less_than_2_to_the_31 u_illegal ();
            end
        end
        if (bits_below(INPUTS) != DATA_BITS) begin : gen_illegal_data_bits
            hd_add_DATA_BITS_must_be_the_sum_of_IN_BITS u_illegal ();
        end
        if (SHIFT < 1 || SHIFT > 47 || SUM_BITS <= SHIFT) begin : gen_illegal_shift
            hd_add_SHIFT_must_be_1_to_47_and_less_than_SUM_BITS u_illegal ();
        end
        if (K_WORDS < 0 || K_BITS < 1 || K_BITS > SUM_BITS) begin : gen_illegal_table
            hd_add_K_WORDS_must_not_be_negative_and_K_BITS_1_to_SUM_BITS u_illegal ();
        end
    endgenerate

    localparam STAGES = INPUTS + 4;
    localparam OUTPUT_DEPTH = STAGES + 2 > 16 ? STAGES + 2 : 16;
    localparam [SUM_BITS-1:0] HALF = {{SUM_BITS-1{1'b0}}, 1'b1} << (SHIFT - 1);

    // ---- all inputs are taken together, while there is room for their result ---------------------------------------

    wire ready;
    wire take = ready && &s_axis_tvalid;
    reg [STAGES-1:0] valid_pipe_reg;
    // on from a beat's first operand to its last sum, so that a delay in moves is a delay in cycles
    wire moving = take || |valid_pipe_reg[STAGES-4:0];

    assign s_axis_tready = {INPUTS{take}};

    always @(posedge clk) begin : control
        valid_pipe_reg <= rst ? {STAGES{1'b0}} : {valid_pipe_reg[STAGES-2:0], take};
    end

    // ---- the constant, with the rounding half ----------------------------------------------------------------------

    wire [LANES*SUM_BITS-1:0] constant_p2;

    generate
        if (K_WORDS > 0) begin : gen_table
            localparam K_W = K_WORDS > 1 ? $clog2(K_WORDS) : 1;
            localparam [31:0] LAST_K = K_WORDS - 1;
            localparam [31:0] ONE = 1;
            reg [K_W-1:0] k_address_reg;
            wire [LANES*K_BITS-1:0] k_p1;
            reg [LANES*SUM_BITS-1:0] k_p2;

            always @(posedge clk) begin : walk_table
                if (take) k_address_reg <= k_address_reg == LAST_K[K_W-1:0] ? {K_W{1'b0}} : k_address_reg + ONE[K_W-1:0];
                if (rst) k_address_reg <= {K_W{1'b0}};
            end

            hd_rom #(
                .WIDTH(LANES * K_BITS),
                .DEPTH(K_WORDS),
                .ADDR_W(K_W),
                .FILE(K_FILE)
            ) u_table (
                .clk(clk),
                .rd_en(take),
                .rd_addr(k_address_reg),
                .rd_data(k_p1)
            );

            always @(posedge clk) begin : add_half
                reg signed [K_BITS-1:0] k;
                reg signed [SUM_BITS-1:0] wide;
                reg [31:0] lane;
                for (lane = 0; lane < LANES; lane = lane + 1) begin
                    k = k_p1[lane*K_BITS +: K_BITS];
                    wide = {SUM_BITS{k[K_BITS-1]}};
                    wide[K_BITS-1:0] = k;
                    k_p2[lane*SUM_BITS +: SUM_BITS] <= wide + HALF;
                end
            end

            assign constant_p2 = k_p2;
        end else begin : gen_no_table
            assign constant_p2 = {LANES{HALF}};
        end
    endgenerate

    // ---- an input a cycle: its product, and the sum of the products so far -------------------------------------------

    generate
        for (g_in = 0; g_in < INPUTS; g_in = g_in + 1) begin : gen_input
            localparam BITS = IN_BITS[32*g_in +: 32];
            localparam LOW = bits_below(g_in) * LANES;
            localparam [31:0] SIGNED = IN_SIGNED[32*g_in +: 32];
            localparam [31:0] ZERO = ZERO_POINTS[32*g_in +: 32];
            localparam [31:0] MULTIPLIER = MULTIPLIERS[32*g_in +: 32];
            localparam M_W = MULTIPLIER > 1 ? $clog2(MULTIPLIER + 1) : 1;
            localparam signed [M_W:0] M = {1'b0, MULTIPLIER[M_W-1:0]};
            localparam PRODUCT_W = BITS + M_W + 1;

            if (PRODUCT_W > SUM_BITS) begin : gen_illegal_sum
                hd_add_SUM_BITS_must_hold_the_product_of_each_input u_illegal ();
            end

            wire [LANES*SUM_BITS-1:0] sum_before;
            reg [LANES*SUM_BITS-1:0] sum_reg;

            if (g_in == 0) begin : gen_first
                assign sum_before = constant_p2;
            end else begin : gen_next
                assign sum_before = gen_input[g_in-1].sum_reg;
            end

            // the last stage first, so that each reads what the one before it held
            always @(posedge clk) begin : mac
                reg [LANES*BITS-1:0] x_in;
                reg signed [BITS:0] x;
                // lane by lane: x - zero, g_in cycles longer on the way than that of the first input
                reg signed [BITS:0] operands [0:(g_in+1)*LANES-1];
                reg signed [PRODUCT_W-1:0] products [0:LANES-1];
                reg signed [PRODUCT_W-1:0] product;
                reg [SUM_BITS-1:0] term;
                reg [31:0] lane;
                reg [31:0] stage;
                if (moving) begin
                    x_in = s_axis_tdata[LOW +: LANES*BITS];
                    for (lane = 0; lane < LANES; lane = lane + 1) begin
                        product = products[lane];
                        term = {SUM_BITS{product[PRODUCT_W-1]}};
                        term[PRODUCT_W-1:0] = product;
                        sum_reg[lane*SUM_BITS +: SUM_BITS] <= sum_before[lane*SUM_BITS +: SUM_BITS] + term;
                        products[lane] = operands[g_in*LANES + lane] * M;
                        for (stage = g_in; stage > 0; stage = stage - 1) begin
                            operands[stage*LANES + lane] = operands[(stage-1)*LANES + lane];
                        end
                        x = {SIGNED != 0 && x_in[lane*BITS + BITS - 1], x_in[lane*BITS +: BITS]};
                        operands[lane] = x - ZERO[BITS:0];
                    end
                end
            end
        end
    endgenerate

    // ---- round, and out ----------------------------------------------------------------------------------------------

    wire [LANES*OUT_BITS-1:0] result;

    hd_round #(
        .LANES(LANES),
        .T_BITS(SUM_BITS),
        .SHIFT_MIN(SHIFT),
        .SHIFT_BITS(0),
        .OUT_BITS(OUT_BITS),
        .ZERO_POINT(ZERO_POINT),
        .CLAMP_LO(CLAMP_LO),
        .CLAMP_HI(CLAMP_HI)
    ) u_round (
        .clk(clk),
        .in_valid(valid_pipe_reg[STAGES-3]),
        .in_t(gen_input[INPUTS-1].sum_reg),
        .in_shift({LANES{1'b0}}),
        .out_data(result)
    );

    hd_result_buffer #(
        .LANES(LANES),
        .CHANNELS(CHANNELS),
        .BITS(OUT_BITS),
        .HOLDS(OUTPUT_DEPTH)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .ready(ready),
        .spend(take),
        .s_valid(valid_pipe_reg[STAGES-1]),
        .s_data(result),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
