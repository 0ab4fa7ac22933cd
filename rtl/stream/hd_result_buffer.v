// SPDX-License-Identifier: Apache-2.0

/*
 * hd_result_buffer: the end of an engine whose pipeline never stops: room is promised before, results are kept behind.
 *
 * Function    results come on s_valid and s_data and leave on m_axis in order, padding lanes of each pixel's last beat
 *             made zero. The engine takes input only while `ready` is high, and says with `spend` how many results the
 *             input of this cycle will make.
 * Latency     1: a result that comes in cycle n is offered in cycle n+1 when none waits.
 * Throughput  a beat a cycle.
 * Stalls      ready is a register, high while fewer than HOLDS results are promised and have not left; a beat that leaves in
 *             cycle n counts no more in cycle n+1. With up to MOST results an input beat, HOLDS + MOST - 1 are held.
 * Illegal     LANES, CHANNELS, BITS, HOLDS or MOST < 1; spend above MOST, or not 0 while ready is low; more results than
 *             were promised.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_result_buffer #(
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // bits of a channel, >= 1
    parameter BITS = 8,
    // results that are promised at most when input is taken, and one more, >= 1
    parameter HOLDS = 16,
    // results that an input beat makes at most, >= 1
    parameter MOST = 1,
    // derived, not to be set: width of spend
    parameter SPEND_W = $clog2(MOST + 1)
) (
    input  wire                  clk,
    input  wire                  rst,

    output wire                  ready,
    input  wire [SPEND_W-1:0]    spend,

    input  wire                  s_valid,
    input  wire [LANES*BITS-1:0] s_data,

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [LANES*BITS-1:0] m_axis_tdata
);

    generate
        if (LANES < 1 || CHANNELS < 1 || BITS < 1) begin : gen_illegal_size
            hd_result_buffer_LANES_CHANNELS_and_BITS_must_be_at_least_1 u_illegal ();
        end
        if (HOLDS < 1 || MOST < 1) begin : gen_illegal_depth
            hd_result_buffer_HOLDS_and_MOST_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    localparam DEPTH = HOLDS + MOST - 1;
    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_WORD = CHANNELS - (WORDS - 1) * LANES;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam LEVEL_W = $clog2(DEPTH + 1);
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] LIMIT = HOLDS;
    localparam [31:0] ONE = 1;

    // ---- results that are promised and have not left ---------------------------------------------------------------

    reg [LEVEL_W-1:0] level_reg;
    reg ready_reg;

    wire give_back = m_axis_tvalid && m_axis_tready;
    wire [LEVEL_W:0] level_next = {1'b0, level_reg} + {{LEVEL_W + 1 - SPEND_W{1'b0}}, spend}
        - {{LEVEL_W{1'b0}}, give_back};

    assign ready = ready_reg;

    always @(posedge clk) begin : promise
        level_reg <= level_next[LEVEL_W-1:0];
        ready_reg <= level_next < LIMIT[LEVEL_W:0];
        if (rst) begin
            level_reg <= {LEVEL_W{1'b0}};
            ready_reg <= 1'b1;
        end
    end

    // ---- padding lanes ---------------------------------------------------------------------------------------------

    wire [LANES*BITS-1:0] masked;
    wire unused_ready;

    generate
        if (LANES_OF_LAST_WORD == LANES) begin : gen_no_padding
            assign masked = s_data;
        end else begin : gen_padding
            localparam PADDING_BITS = (LANES - LANES_OF_LAST_WORD) * BITS;
            reg [WORD_W-1:0] word_reg;
            wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];

            always @(posedge clk) begin : count_words
                if (s_valid) word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
                if (rst) word_reg <= {WORD_W{1'b0}};
            end

            assign masked = {s_data[LANES*BITS-1 -: PADDING_BITS] & {PADDING_BITS{!last_word}},
                s_data[LANES_OF_LAST_WORD*BITS-1:0]};
        end
    endgenerate

    hd_fifo #(
        .WIDTH(LANES * BITS),
        .DEPTH(DEPTH)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(s_valid),
        .s_axis_tready(unused_ready),
        .s_axis_tdata(masked),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
