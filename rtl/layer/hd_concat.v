// SPDX-License-Identifier: Apache-2.0

/*
 * hd_concat: the channels of INPUTS streams one behind the other, pixel by pixel.
 *
 * Function    a pixel of the output has the channels of input 0's pixel, then those of input 1's and so on. Input i has
 *             CHANNELS[i] channels a pixel in beats of LANES; the output has the sum of them in beats of LANES.
 *             Rows or whole frames are put together when they are taken as pixels of LANES channels a beat.
 * Timing      the beats of a pixel are taken in that order, one a cycle: input i waits while others have their turn.
 *             Where LANES divides CHANNELS of every input but the last, each makes a beat that is offered in the cycle
 *             after. Otherwise hd_realign packs them, and makes beats as its header says.
 * Latency     1, in that sense.
 * Throughput  an input beat a cycle, no bubbles.
 * Stalls      s_axis_tready depends on registers alone: whose turn it is, and that at most two beats that were made have
 *             not left; a beat that leaves in cycle n makes room in cycle n+1.
 * Illegal     INPUTS, LANES, BITS or a CHANNELS < 1; s_axis_tvalid high while rst is high; input padding lanes that are
 *             not zero.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_concat #(
    // streams, >= 1
    parameter INPUTS = 2,
    // bits of a channel, >= 1
    parameter BITS = 8,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // 32 bits an input, the first in the low ones: channels of a pixel, >= 1
    parameter [INPUTS*32-1:0] CHANNELS = {INPUTS{32'd1}}
) (
    input  wire                         clk,
    input  wire                         rst,

    // all inputs, the first in the low bits
    input  wire [INPUTS-1:0]            s_axis_tvalid,
    output wire [INPUTS-1:0]            s_axis_tready,
    input  wire [INPUTS*LANES*BITS-1:0] s_axis_tdata,

    output wire                         m_axis_tvalid,
    input  wire                         m_axis_tready,
    output wire [LANES*BITS-1:0]        m_axis_tdata
);

    genvar g_in;
    generate
        if (INPUTS < 1 || BITS < 1 || LANES < 1) begin : gen_illegal_size
            hd_concat_INPUTS_BITS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        for (g_in = 0; g_in < INPUTS; g_in = g_in + 1) begin : gen_check
            if (CHANNELS[32*g_in +: 32] < 1) begin : gen_illegal_channels
                hd_concat_CHANNELS_must_be_at_least_1 u_illegal ();
            end
        end
    endgenerate

    // beats of a pixel of an input, less one
    function [31:0] last_beat_of(input integer index);
        last_beat_of = (CHANNELS[32*index +: 32] - 1) / LANES;
    endfunction

    function [31:0] most_last_beat(input integer count);
        integer index;
        begin
            most_last_beat = 0;
            for (index = 0; index < count; index = index + 1) begin
                if (last_beat_of(index) > most_last_beat) most_last_beat = last_beat_of(index);
            end
        end
    endfunction

    // bit i: input i begins i lanes into a beat, by the channels of the inputs before it
    function [LANES-1:0] shifts(input integer count);
        integer index;
        integer lane;
        begin
            shifts = {LANES{1'b0}};
            lane = 0;
            for (index = 0; index < count; index = index + 1) begin
                shifts[lane] = 1'b1;
                lane = (lane + CHANNELS[32*index +: 32]) % LANES;
            end
        end
    endfunction

    localparam WIDTH = LANES * BITS;
    localparam MOST_LAST_BEAT = most_last_beat(INPUTS);
    localparam BEAT_W = MOST_LAST_BEAT > 0 ? $clog2(MOST_LAST_BEAT + 1) : 1;
    localparam TURN_W = INPUTS > 1 ? $clog2(INPUTS) : 1;
    localparam COUNT_W = $clog2(LANES + 1);
    localparam [LANES-1:0] SHIFTS = shifts(INPUTS);
    localparam [LANES:0] NO_SHIFT = 1;
    localparam [31:0] ONE = 1;
    localparam [31:0] LAST_TURN = INPUTS - 1;

    reg [TURN_W-1:0] turn_reg;
    reg [BEAT_W-1:0] beat_reg;

    // constants of the inputs, each its own: the last beat of a pixel, and the channels in it
    wire [INPUTS*BEAT_W-1:0] last_beats;
    wire [INPUTS*COUNT_W-1:0] last_counts;

    // of the input whose turn it is
    wire [WIDTH-1:0] data = s_axis_tdata[turn_reg*WIDTH +: WIDTH];
    wire room;
    wire take = room && s_axis_tvalid[turn_reg];
    wire [BEAT_W-1:0] last_beat = last_beats[turn_reg*BEAT_W +: BEAT_W];
    wire [COUNT_W-1:0] last_count = last_counts[turn_reg*COUNT_W +: COUNT_W];

    wire end_of_turn = beat_reg == last_beat;
    wire last_turn = INPUTS == 1 || turn_reg == LAST_TURN[TURN_W-1:0];

    generate
        for (g_in = 0; g_in < INPUTS; g_in = g_in + 1) begin : gen_turn
            localparam [31:0] TURN = g_in;
            localparam [31:0] LAST_BEAT = last_beat_of(g_in);
            localparam [31:0] LAST_COUNT = CHANNELS[32*g_in +: 32] - LAST_BEAT * LANES;
            assign last_beats[g_in*BEAT_W +: BEAT_W] = LAST_BEAT[BEAT_W-1:0];
            assign last_counts[g_in*COUNT_W +: COUNT_W] = LAST_COUNT[COUNT_W-1:0];
            assign s_axis_tready[g_in] = room && turn_reg == TURN[TURN_W-1:0];
        end
    endgenerate

    always @(posedge clk) begin : walk
        if (take) begin
            beat_reg <= end_of_turn ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
            if (end_of_turn) turn_reg <= last_turn ? {TURN_W{1'b0}} : turn_reg + ONE[TURN_W-1:0];
        end
        if (rst) begin
            beat_reg <= {BEAT_W{1'b0}};
            turn_reg <= {TURN_W{1'b0}};
        end
    end

    generate
        if (SHIFTS == NO_SHIFT[LANES-1:0]) begin : gen_aligned
            wire unused_count = &{1'b0, last_count};

            hd_fifo #(
                .WIDTH(WIDTH),
                .DEPTH(3)
            ) u_output (
                .clk(clk),
                .rst(rst),
                .s_axis_tvalid(take),
                .s_axis_tready(room),
                .s_axis_tdata(data),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end else begin : gen_realign
            localparam [31:0] FULL = LANES;

            hd_realign #(
                .BITS(BITS),
                .LANES(LANES),
                .SHIFTS(SHIFTS)
            ) u_realign (
                .clk(clk),
                .rst(rst),
                .in_valid(take),
                .in_room(room),
                .in_data(data),
                .in_count(end_of_turn ? last_count : FULL[COUNT_W-1:0]),
                .in_last(end_of_turn && last_turn),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end
    endgenerate

endmodule

`resetall
