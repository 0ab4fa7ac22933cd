// SPDX-License-Identifier: Apache-2.0

/*
 * hd_width_down: splits wide beats into narrow ones, pixel by pixel.
 *
 * Function    an input beat makes up to LANES_IN / LANES_OUT output beats, the low lanes first. At a pixel's end the
 *             output beats that would hold padding only are left out.
 *             Per pixel ceil(CHANNELS / LANES_IN) beats in, ceil(CHANNELS / LANES_OUT) beats out.
 * Latency     1: an input beat is taken in cycle n, its first output beat is offered in cycle n+1 when all before has
 *             left by cycle n.
 * Throughput  an output beat a cycle, no bubbles; an input beat a cycle where each makes one output beat.
 * Stalls      one shifting register and one waiting register. s_axis_tready is a register, low while the second is
 *             in use; the cycle in which the last output beat of the first is taken moves it on, the cycle after
 *             takes input again.
 * Illegal     LANES_IN not a multiple of LANES_OUT; s_axis_tvalid high while rst is high; input padding lanes that are
 *             not zero (they would be passed on).
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_width_down #(
    // bits of a channel, >= 1
    parameter BITS = 8,
    // channels of a pixel, >= 1
    parameter CHANNELS = 3,
    // channels of an input beat, a multiple of LANES_OUT
    parameter LANES_IN = 2,
    // channels of an output beat, >= 1
    parameter LANES_OUT = 1
) (
    input  wire                      clk,
    input  wire                      rst,

    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    input  wire [LANES_IN*BITS-1:0]  s_axis_tdata,

    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES_OUT*BITS-1:0] m_axis_tdata
);

    generate
        if (BITS < 1) begin : gen_illegal_bits
            hd_width_down_BITS_must_be_at_least_1 u_illegal ();
        end
        if (CHANNELS < 1) begin : gen_illegal_channels
            hd_width_down_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (LANES_OUT < 1 || LANES_IN < LANES_OUT || LANES_IN % LANES_OUT != 0) begin : gen_illegal_lanes
            hd_width_down_LANES_IN_must_be_a_multiple_of_LANES_OUT u_illegal ();
        end
    endgenerate

    localparam IN_W = LANES_IN * BITS;
    localparam OUT_W = LANES_OUT * BITS;
    localparam RATIO = LANES_IN / LANES_OUT;
    localparam BEATS = (CHANNELS + LANES_OUT - 1) / LANES_OUT;
    localparam WORDS = (BEATS + RATIO - 1) / RATIO;
    localparam SLOT_W = RATIO > 1 ? $clog2(RATIO) : 1;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam [31:0] LAST_SLOT = RATIO - 1;
    localparam [31:0] LAST_SLOT_OF_PIXEL = BEATS - 1 - (WORDS - 1) * RATIO;
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] ONE = 1;

    reg [SLOT_W-1:0] slot_reg;
    reg [WORD_W-1:0] word_reg;
    reg [IN_W-1:0] shift_reg;
    reg [IN_W-1:0] waiting_reg;
    reg ready_reg;
    reg valid_reg;

    wire take = s_axis_tvalid && ready_reg;
    wire give = valid_reg && m_axis_tready;
    wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire last_slot = slot_reg == (last_word ? LAST_SLOT_OF_PIXEL[SLOT_W-1:0] : LAST_SLOT[SLOT_W-1:0]);
    wire shift_free = !valid_reg || (give && last_slot);

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;
    assign m_axis_tdata = shift_reg[OUT_W-1:0];

    always @(posedge clk) begin : data
        if (ready_reg) waiting_reg <= s_axis_tdata;
        if (shift_free) shift_reg <= ready_reg ? s_axis_tdata : waiting_reg;
        else if (give) shift_reg <= shift_reg >> OUT_W;
    end

    always @(posedge clk) begin : control
        if (give) begin
            slot_reg <= last_slot ? {SLOT_W{1'b0}} : slot_reg + ONE[SLOT_W-1:0];
            if (last_slot) word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
        end
        // not ready means that the waiting register holds a beat
        if (shift_free) begin
            valid_reg <= !ready_reg || take;
            ready_reg <= 1'b1;
        end else if (take) begin
            ready_reg <= 1'b0;
        end
        if (rst) begin
            slot_reg <= {SLOT_W{1'b0}};
            word_reg <= {WORD_W{1'b0}};
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
