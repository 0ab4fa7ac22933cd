// SPDX-License-Identifier: Apache-2.0

/*
 * hd_width_up: gathers narrow beats into wide ones, pixel by pixel.
 *
 * Function    LANES_OUT / LANES_IN input beats make one output beat, the first in the low lanes. A pixel starts a new
 *             output beat: its last one holds what is left of the pixel, and zeros above. CHANNELS need divide nothing.
 *             Per pixel ceil(CHANNELS / LANES_IN) beats in, ceil(CHANNELS / LANES_OUT) beats out.
 * Latency     1: the input beat that completes an output beat is taken in cycle n, the output is offered in cycle n+1.
 * Throughput  an input beat a cycle, no bubbles.
 * Stalls      one output register and one gathering register: while the output waits, the next output beat is gathered
 *             whole. s_axis_tready is a register, low while that one is complete and cannot leave; the cycle in which
 *             the output is taken moves it on, the cycle after takes input again.
 * Illegal     LANES_OUT not a multiple of LANES_IN; s_axis_tvalid high while rst is high; input padding lanes that are
 *             not zero (they would be passed on).
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_width_up #(
    // bits of a channel, >= 1
    parameter BITS = 8,
    // channels of a pixel, >= 1
    parameter CHANNELS = 3,
    // channels of an input beat, >= 1
    parameter LANES_IN = 1,
    // channels of an output beat, a multiple of LANES_IN
    parameter LANES_OUT = 2
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
            hd_width_up_BITS_must_be_at_least_1 u_illegal ();
        end
        if (CHANNELS < 1) begin : gen_illegal_channels
            hd_width_up_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (LANES_IN < 1 || LANES_OUT < LANES_IN || LANES_OUT % LANES_IN != 0) begin : gen_illegal_lanes
            hd_width_up_LANES_OUT_must_be_a_multiple_of_LANES_IN u_illegal ();
        end
    endgenerate

    localparam IN_W = LANES_IN * BITS;
    localparam OUT_W = LANES_OUT * BITS;
    localparam RATIO = LANES_OUT / LANES_IN;
    localparam BEATS = (CHANNELS + LANES_IN - 1) / LANES_IN;
    localparam WORDS = (BEATS + RATIO - 1) / RATIO;
    localparam SLOT_W = RATIO > 1 ? $clog2(RATIO) : 1;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam [31:0] LAST_SLOT = RATIO - 1;
    localparam [31:0] LAST_SLOT_OF_PIXEL = BEATS - 1 - (WORDS - 1) * RATIO;
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] ONE = 1;

    reg [SLOT_W-1:0] slot_reg;
    reg [WORD_W-1:0] word_reg;
    reg [OUT_W-1:0] gather_reg;
    reg [OUT_W-1:0] output_reg;
    reg ready_reg;
    reg valid_reg;

    wire take = s_axis_tvalid && ready_reg;
    wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire complete = slot_reg == (last_word ? LAST_SLOT_OF_PIXEL[SLOT_W-1:0] : LAST_SLOT[SLOT_W-1:0]);
    wire output_free = !valid_reg || m_axis_tready;

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;
    assign m_axis_tdata = output_reg;

    always @(posedge clk) begin : gather
        reg [OUT_W-1:0] merged;
        integer slot;
        // slot 0 clears the rest, so that slots which a pixel does not fill are zero
        merged = slot_reg == {SLOT_W{1'b0}} ? {OUT_W{1'b0}} : gather_reg;
        for (slot = 0; slot < RATIO; slot = slot + 1) begin
            if (slot_reg == slot[SLOT_W-1:0]) merged[slot*IN_W +: IN_W] = s_axis_tdata;
        end
        if (take) gather_reg <= merged;
        if (output_free) output_reg <= ready_reg ? merged : gather_reg;
    end

    always @(posedge clk) begin : control
        if (take) begin
            slot_reg <= complete ? {SLOT_W{1'b0}} : slot_reg + ONE[SLOT_W-1:0];
            if (complete) word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
        end
        // not ready means that the gathering register holds a complete beat
        if (output_free) begin
            valid_reg <= !ready_reg || (take && complete);
            ready_reg <= 1'b1;
        end else if (take && complete) begin
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
