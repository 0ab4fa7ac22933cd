// SPDX-License-Identifier: Apache-2.0

/*
 * hd_mul: product of two maps, or of a map and a vector that comes once a frame (squeeze-and-excitation).
 *
 * Function    y = clamp(ZERO_POINT + rne(MULTIPLIER * (a - A_ZERO_POINT) * (b - B_ZERO_POINT) / 2^SHIFT)), lane by lane,
 *             rne to the nearest, ties to even. CHANNELS channels a pixel, LANES a beat, on all streams.
 *             GATE 0: both inputs are maps; one beat of each is taken together.
 *             GATE 1: b is one pixel a frame; each of the PIXELS pixels of a is multiplied by it. Two vectors are held, so
 *             that the next frame's may come while this one's is in use.
 *             Padding lanes of the output are zero.
 * Latency     10: a's beat is taken in cycle n, the product is offered in cycle n+10 when none waits.
 * Throughput  a beat a cycle, also between frames.
 * Stalls      the output buffer holds 16 beats, counted from where a is taken; a beat that leaves in cycle n makes room in
 *             cycle n+1. The pipeline never stops; the last beat leaves without further input.
 *             GATE 0: s_axis_tready[i] is high in the cycle in which both inputs are taken: it depends on the
 *             s_axis_tvalid of both, and on a register.
 *             GATE 1: both are registers. A frame's vector whose last beat is taken in cycle n lets its map begin in
 *             cycle n+1; the map's last beat taken in cycle n lets the vector of the next frame but one begin in cycle n+1.
 * Memory      GATE 1: 2 * ceil(CHANNELS / LANES) beats of b, synchronous read.
 * Illegal     LANES, CHANNELS or PIXELS < 1; A_BITS or B_BITS outside 1..16; MULTIPLIER < 0 or of more than
 *             M_BITS bits, M_BITS outside 2..31; SHIFT outside 1..47; what hd_requant refuses of ZERO_POINT and CLAMP;
 *             s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_mul #(
    // 0: two maps; 1: a map and a vector
    parameter GATE = 0,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // pixels of a frame of a, >= 1; of no account where GATE is 0
    parameter PIXELS = 1,
    // bits of a channel of a and b, 1..16
    parameter A_BITS = 8,
    parameter B_BITS = 8,
    // 1: channels are signed
    parameter A_SIGNED = 0,
    parameter B_SIGNED = 0,
    // the integers that stand for zero
    parameter A_ZERO_POINT = 0,
    parameter B_ZERO_POINT = 0,
    // bits of the multiplier, 2..31
    parameter M_BITS = 18,
    // 0..2^M_BITS - 1
    parameter MULTIPLIER = 131072,
    // 1..47
    parameter SHIFT = 25,
    // bits of an output channel, 1..16
    parameter OUT_BITS = 8,
    // the integer that stands for zero at the output
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255
) (
    input  wire                               clk,
    input  wire                               rst,

    // a in the low bits, b above
    input  wire [1:0]                         s_axis_tvalid,
    output wire [1:0]                         s_axis_tready,
    input  wire [LANES*(A_BITS+B_BITS)-1:0]   s_axis_tdata,

    output wire                               m_axis_tvalid,
    input  wire                               m_axis_tready,
    output wire [LANES*OUT_BITS-1:0]          m_axis_tdata
);

    generate
        if (LANES < 1 || CHANNELS < 1 || PIXELS < 1) begin : gen_illegal_size
            hd_mul_LANES_CHANNELS_and_PIXELS_must_be_at_least_1 u_illegal ();
        end
        if (A_BITS < 1 || A_BITS > 16 || B_BITS < 1 || B_BITS > 16) begin : gen_illegal_bits
            hd_mul_A_BITS_and_B_BITS_must_be_1_to_16 u_illegal ();
        end
        if (M_BITS < 2 || M_BITS > 31 || MULTIPLIER < 0 || (M_BITS < 31 && MULTIPLIER >= (1 << M_BITS))) begin : gen_illegal_multiplier
            hd_mul_MULTIPLIER_must_fit_M_BITS_of_2_to_31 u_illegal ();
        end
        if (SHIFT < 1 || SHIFT > 47) begin : gen_illegal_shift
            hd_mul_SHIFT_must_be_1_to_47 u_illegal ();
        end
    endgenerate

    localparam PRODUCT_BITS = A_BITS + B_BITS + 2;
    // as hd_requant keeps it, without its top bit
    localparam [31:0] KEPT_MULTIPLIER = MULTIPLIER - (1 << (M_BITS - 1));
    localparam [31:0] A_ZERO = A_ZERO_POINT;
    localparam [31:0] B_ZERO = B_ZERO_POINT;

    wire [LANES*A_BITS-1:0] a_data = s_axis_tdata[LANES*A_BITS-1:0];
    wire [LANES*B_BITS-1:0] b_data = s_axis_tdata[LANES*A_BITS +: LANES*B_BITS];
    wire room;
    wire take;
    wire [LANES*B_BITS-1:0] b_p1;

    generate
        if (GATE == 0) begin : gen_maps
            reg [LANES*B_BITS-1:0] b_reg;
            assign take = room && &s_axis_tvalid;
            assign s_axis_tready = {2{take}};
            assign b_p1 = b_reg;
            always @(posedge clk) if (take) b_reg <= b_data;
        end else begin : gen_gate
            localparam WORDS = (CHANNELS + LANES - 1) / LANES;
            localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
            localparam PIXEL_W = PIXELS > 1 ? $clog2(PIXELS) : 1;
            localparam [31:0] LAST_WORD = WORDS - 1;
            localparam [31:0] LAST_PIXEL = PIXELS - 1;
            localparam [31:0] ONE = 1;

            reg [WORD_W-1:0] write_word_reg;
            reg [WORD_W-1:0] read_word_reg;
            reg [PIXEL_W-1:0] pixel_reg;
            reg write_half_reg;
            reg read_half_reg;
            // a vector is held; there is room for another one
            reg held_reg;
            reg open_reg;

            wire write = s_axis_tvalid[1] && open_reg;
            wire last_written = WORDS == 1 || write_word_reg == LAST_WORD[WORD_W-1:0];
            wire complete = write && last_written;
            wire last_read = WORDS == 1 || read_word_reg == LAST_WORD[WORD_W-1:0];
            wire last_pixel = PIXELS == 1 || pixel_reg == LAST_PIXEL[PIXEL_W-1:0];
            wire done = take && last_read && last_pixel;

            assign s_axis_tready = {open_reg, room && held_reg};
            assign take = s_axis_tvalid[0] && room && held_reg;

            always @(posedge clk) begin : walk
                if (write) write_word_reg <= last_written ? {WORD_W{1'b0}} : write_word_reg + ONE[WORD_W-1:0];
                if (complete) write_half_reg <= !write_half_reg;
                if (take) begin
                    read_word_reg <= last_read ? {WORD_W{1'b0}} : read_word_reg + ONE[WORD_W-1:0];
                    if (last_read) pixel_reg <= last_pixel ? {PIXEL_W{1'b0}} : pixel_reg + ONE[PIXEL_W-1:0];
                end
                if (done) read_half_reg <= !read_half_reg;
                if (complete && !done) begin
                    held_reg <= 1'b1;
                    open_reg <= !held_reg;
                end
                if (done && !complete) begin
                    held_reg <= !open_reg;
                    open_reg <= 1'b1;
                end
                if (rst) begin
                    write_word_reg <= {WORD_W{1'b0}};
                    read_word_reg <= {WORD_W{1'b0}};
                    pixel_reg <= {PIXEL_W{1'b0}};
                    write_half_reg <= 1'b0;
                    read_half_reg <= 1'b0;
                    held_reg <= 1'b0;
                    open_reg <= 1'b1;
                end
            end

            hd_ram_sdp #(
                .WIDTH(LANES * B_BITS),
                .DEPTH(2 << WORD_W),
                .ADDR_W(WORD_W + 1)
            ) u_vectors (
                .clk(clk),
                .wr_en(write),
                .wr_addr({write_half_reg, write_word_reg}),
                .wr_data(b_data),
                .rd_en(take),
                .rd_addr({read_half_reg, read_word_reg}),
                .rd_data(b_p1)
            );
        end
    endgenerate

    // ---- product ----------------------------------------------------------------------------------------------------

    reg [LANES*A_BITS-1:0] a_p1;
    reg [LANES*PRODUCT_BITS-1:0] product_p3;
    reg [2:0] valid_pipe_reg;

    always @(posedge clk) if (take) a_p1 <= a_data;

    // the last stage first, so that each reads what the one before it held
    always @(posedge clk) begin : multiply
        reg signed [A_BITS:0] a_differences [0:LANES-1];
        reg signed [B_BITS:0] b_differences [0:LANES-1];
        reg signed [PRODUCT_BITS-1:0] product;
        reg signed [A_BITS:0] a;
        reg signed [B_BITS:0] b;
        reg [31:0] lane;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            product = a_differences[lane] * b_differences[lane];
            product_p3[lane*PRODUCT_BITS +: PRODUCT_BITS] <= product;
            a = {A_SIGNED != 0 && a_p1[lane*A_BITS + A_BITS - 1], a_p1[lane*A_BITS +: A_BITS]};
            b = {B_SIGNED != 0 && b_p1[lane*B_BITS + B_BITS - 1], b_p1[lane*B_BITS +: B_BITS]};
            a_differences[lane] = a - A_ZERO[A_BITS:0];
            b_differences[lane] = b - B_ZERO[B_BITS:0];
        end
    end

    always @(posedge clk) valid_pipe_reg <= rst ? 3'b000 : {valid_pipe_reg[1:0], take};

    // ---- round, and out ---------------------------------------------------------------------------------------------

    wire result_valid;
    wire [LANES*OUT_BITS-1:0] result;

    hd_requant #(
        .LANES(LANES),
        .ACC_BITS(PRODUCT_BITS),
        .MUL_BITS(PRODUCT_BITS),
        .M_BITS(M_BITS),
        .SHIFT_MIN(SHIFT),
        .SHIFT_BITS(0),
        .ZW_BITS(0),
        .OUT_BITS(OUT_BITS),
        .ZERO_POINT(ZERO_POINT),
        .CLAMP_LO(CLAMP_LO),
        .CLAMP_HI(CLAMP_HI)
    ) u_requant (
        .clk(clk),
        .rst(rst),
        .in_valid(valid_pipe_reg[2]),
        .in_acc(product_p3),
        .in_sum_x({LANES*PRODUCT_BITS{1'b0}}),
        .in_bias({LANES*PRODUCT_BITS{1'b0}}),
        .in_mult({LANES{KEPT_MULTIPLIER[M_BITS-1:0]}}),
        .in_shift({LANES{1'b0}}),
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
