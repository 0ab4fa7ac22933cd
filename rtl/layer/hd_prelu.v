// SPDX-License-Identifier: Apache-2.0

/*
 * hd_prelu: one multiplier where the input is above its zero point, another one, channel by channel, below.
 *
 * Function    v = x - IN_ZERO_POINT; y = clamp(ZERO_POINT + rne(v * m / 2^s)), lane by lane, rne to the nearest, ties to
 *             even; m and s are MULTIPLIER and SHIFT where v >= 0, and the channel's own from the table elsewhere, m
 *             then of either sign. Padding lanes of the output are zero.
 * Latency     9: a beat is taken in cycle n, its result is offered in cycle n+9 when none waits.
 * Throughput  a beat a cycle.
 * Stalls      the output buffer holds 16 beats, counted from where the input is taken; a beat that leaves in cycle n makes
 *             room in cycle n+1. s_axis_tready is a register. The pipeline never stops; the last beat leaves without
 *             further input.
 * Table       SLOPE_FILE in $readmemh form, SLOPE_WORDS words: 1 for all beats, or one for each beat of a pixel. LANES
 *             entries a word, lane 0 in the low bits; an entry is, from the low bit, |m| - 2^(M_BITS-1) in M_BITS bits,
 *             s - SHIFT_MIN in SHIFT_BITS bits (none where it is 0), and a bit that is 1 where m < 0.
 * Illegal     LANES or CHANNELS < 1; IN_BITS outside 1..16; MULTIPLIER < 0 or of more than M_BITS bits, M_BITS
 *             outside 2..31; SHIFT outside SHIFT_MIN..SHIFT_MIN + 2^SHIFT_BITS - 1; SLOPE_WORDS neither 1 nor a
 *             pixel's beats; what hd_requant refuses of ZERO_POINT, CLAMP and SHIFT_MIN; s_axis_tvalid high while rst is
 *             high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_prelu #(
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // bits of an input channel, 1..16
    parameter IN_BITS = 8,
    // 1: input channels are signed
    parameter IN_SIGNED = 0,
    // the integer that stands for zero at the input
    parameter IN_ZERO_POINT = 0,
    // bits of a multiplier, 2..31
    parameter M_BITS = 18,
    // 0..2^M_BITS - 1
    parameter MULTIPLIER = 131072,
    parameter SHIFT = 17,
    // least shift
    parameter SHIFT_MIN = 17,
    // bits of a shift beyond the least, 0 where all are equal
    parameter SHIFT_BITS = 2,
    // words of the table
    parameter SLOPE_WORDS = 1,
    // path of the table
    parameter SLOPE_FILE = "",
    // bits of an output channel, 1..16
    parameter OUT_BITS = 8,
    // the integer that stands for zero at the output
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255
) (
    input  wire                      clk,
    input  wire                      rst,

    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    input  wire [LANES*IN_BITS-1:0]  s_axis_tdata,

    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES*OUT_BITS-1:0] m_axis_tdata
);

    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam SHIFT_PORT = SHIFT_BITS < 1 ? 1 : SHIFT_BITS;
    localparam SHIFT_MAX = SHIFT_MIN + (SHIFT_BITS < 1 ? 0 : (1 << SHIFT_BITS) - 1);

    generate
        if (LANES < 1 || CHANNELS < 1) begin : gen_illegal_size
            hd_prelu_LANES_and_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (IN_BITS < 1 || IN_BITS > 16) begin : gen_illegal_bits
            hd_prelu_IN_BITS_must_be_1_to_16 u_illegal ();
        end
        if (M_BITS < 2 || M_BITS > 31 || MULTIPLIER < 0 || (M_BITS < 31 && MULTIPLIER >= (1 << M_BITS))) begin : gen_illegal_multiplier
            hd_prelu_MULTIPLIER_must_fit_M_BITS_of_2_to_31 u_illegal ();
        end
        if (SHIFT < SHIFT_MIN || SHIFT > SHIFT_MAX) begin : gen_illegal_shift
            hd_prelu_SHIFT_must_be_SHIFT_MIN_and_what_SHIFT_BITS_hold u_illegal ();
        end
        if (SLOPE_WORDS != 1 && SLOPE_WORDS != WORDS) begin : gen_illegal_words
            hd_prelu_SLOPE_WORDS_must_be_1_or_the_beats_of_a_pixel u_illegal ();
        end
    endgenerate

    localparam ACC_BITS = IN_BITS + 1;
    localparam ENTRY_W = M_BITS + (SHIFT_BITS < 1 ? 0 : SHIFT_BITS) + 1;
    localparam SLOPE_W = SLOPE_WORDS > 1 ? $clog2(SLOPE_WORDS) : 1;
    localparam [31:0] LAST_SLOPE = SLOPE_WORDS - 1;
    localparam [31:0] ZERO = IN_ZERO_POINT;
    localparam [31:0] ONE = 1;
    // as hd_requant keeps it, without its top bit
    localparam [31:0] KEPT_MULTIPLIER = MULTIPLIER - (1 << (M_BITS - 1));
    localparam [31:0] ADDED_SHIFT = SHIFT - SHIFT_MIN;

    wire room;
    wire take = s_axis_tvalid && room;
    assign s_axis_tready = room;

    // ---- the input and its channels' slopes -------------------------------------------------------------------------

    reg [SLOPE_W-1:0] slope_reg;
    reg [LANES*IN_BITS-1:0] x_p1;
    wire [LANES*ENTRY_W-1:0] slopes_p1;

    always @(posedge clk) begin : walk_slopes
        if (take) slope_reg <= slope_reg == LAST_SLOPE[SLOPE_W-1:0] ? {SLOPE_W{1'b0}} : slope_reg + ONE[SLOPE_W-1:0];
        if (rst) slope_reg <= {SLOPE_W{1'b0}};
    end

    always @(posedge clk) if (take) x_p1 <= s_axis_tdata;

    hd_rom #(
        .WIDTH(LANES * ENTRY_W),
        .DEPTH(SLOPE_WORDS),
        .ADDR_W(SLOPE_W),
        .FILE(SLOPE_FILE)
    ) u_slopes (
        .clk(clk),
        .rd_en(take),
        .rd_addr(slope_reg),
        .rd_data(slopes_p1)
    );

    // ---- the choice by sign; rounding to even is the same on both sides of 0, so that |m| does for a negative m --------

    reg [LANES*ACC_BITS-1:0] value_p2;
    reg [LANES*M_BITS-1:0] mult_p2;
    reg [LANES*SHIFT_PORT-1:0] shift_p2;
    reg [1:0] valid_pipe_reg;

    always @(posedge clk) begin : choose
        reg [ACC_BITS-1:0] v;
        reg [ENTRY_W-1:0] entry;
        reg below;
        reg [31:0] lane;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            v = {IN_SIGNED != 0 && x_p1[lane*IN_BITS + IN_BITS - 1], x_p1[lane*IN_BITS +: IN_BITS]} - ZERO[IN_BITS:0];
            entry = slopes_p1[lane*ENTRY_W +: ENTRY_W];
            below = v[ACC_BITS-1];
            value_p2[lane*ACC_BITS +: ACC_BITS] <= below && entry[ENTRY_W-1] ? -v : v;
            mult_p2[lane*M_BITS +: M_BITS] <= below ? entry[M_BITS-1:0] : KEPT_MULTIPLIER[M_BITS-1:0];
            shift_p2[lane*SHIFT_PORT +: SHIFT_PORT] <= SHIFT_BITS < 1 ? {SHIFT_PORT{1'b0}}
                : below ? entry[ENTRY_W-2 -: SHIFT_PORT] : ADDED_SHIFT[SHIFT_PORT-1:0];
        end
    end

    always @(posedge clk) valid_pipe_reg <= rst ? 2'b00 : {valid_pipe_reg[0], take};

    // ---- round, and out ---------------------------------------------------------------------------------------------

    wire result_valid;
    wire [LANES*OUT_BITS-1:0] result;

    hd_requant #(
        .LANES(LANES),
        .ACC_BITS(ACC_BITS),
        .MUL_BITS(ACC_BITS),
        .M_BITS(M_BITS),
        .SHIFT_MIN(SHIFT_MIN),
        .SHIFT_BITS(SHIFT_BITS),
        .ZW_BITS(0),
        .OUT_BITS(OUT_BITS),
        .ZERO_POINT(ZERO_POINT),
        .CLAMP_LO(CLAMP_LO),
        .CLAMP_HI(CLAMP_HI)
    ) u_requant (
        .clk(clk),
        .rst(rst),
        .in_valid(valid_pipe_reg[1]),
        .in_acc(value_p2),
        .in_sum_x({LANES*ACC_BITS{1'b0}}),
        .in_bias({LANES*ACC_BITS{1'b0}}),
        .in_mult(mult_p2),
        .in_shift(shift_p2),
        .in_zw({LANES{1'b0}}),
        .out_valid(result_valid),
        .out_data(result)
    );

    hd_result_buffer #(
        .LANES(LANES),
        .CHANNELS(CHANNELS),
        .BITS(OUT_BITS),
        .HOLDS(16)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .ready(room),
        .spend(take),
        .s_valid(result_valid),
        .s_data(result),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
