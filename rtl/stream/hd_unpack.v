// SPDX-License-Identifier: Apache-2.0

/*
 * hd_unpack: a picture's bytes, one after the other, into pixel-aligned beats of LANES channels.
 *
 * Function    s_axis carries PIXELS * CHANNELS elements a frame, PACKED_BYTES bytes a beat, the first in the low bits;
 *             an element of up to 8 bits takes one byte, a wider one two, low byte first, in its low BITS bits.
 *             A frame starts on a new beat; what is left over in a frame's last beat is dropped.
 *             m_axis carries ceil(CHANNELS / LANES) beats a pixel, its padding lanes zero.
 * Latency     1: elements taken in cycle n can be offered in cycle n+1.
 * Throughput  an output beat a cycle, or an input beat a cycle, whichever is slower.
 * Stalls      s_axis_tready depends on registers only: it is high while an input beat fits the buffer of
 *             (elements of an input beat) + 2 * LANES elements.
 * Illegal     PACKED_BYTES not a multiple of an element's bytes; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_unpack #(
    // pixels of a frame, >= 1
    parameter PIXELS = 4,
    // channels of a pixel, >= 1
    parameter CHANNELS = 3,
    // channels of an output beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // bytes of an input beat, a multiple of an element's bytes
    parameter PACKED_BYTES = 4
) (
    input  wire                      clk,
    input  wire                      rst,

    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    input  wire [8*PACKED_BYTES-1:0] s_axis_tdata,

    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES*BITS-1:0]     m_axis_tdata
);

    localparam ELEMENT_BYTES = (BITS + 7) / 8;

    generate
        if (PIXELS < 1 || CHANNELS < 1 || LANES < 1) begin : gen_illegal_size
            hd_unpack_PIXELS_CHANNELS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_unpack_BITS_must_be_1_to_16 u_illegal ();
        end
        if (PACKED_BYTES < 1 || PACKED_BYTES % ELEMENT_BYTES != 0) begin : gen_illegal_bytes
            hd_unpack_PACKED_BYTES_must_be_a_multiple_of_the_bytes_of_an_element u_illegal ();
        end
    endgenerate

    localparam PER_BEAT = PACKED_BYTES / ELEMENT_BYTES;
    localparam ELEMENTS = PIXELS * CHANNELS;
    localparam BEATS = (ELEMENTS + PER_BEAT - 1) / PER_BEAT;
    localparam IN_LAST_BEAT = ELEMENTS - (BEATS - 1) * PER_BEAT;
    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_WORD = CHANNELS - (WORDS - 1) * LANES;
    localparam CAPACITY = PER_BEAT + 2 * LANES;

    localparam BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam LEVEL_W = $clog2(CAPACITY + 1);
    localparam [31:0] ONE = 1;
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] GAIN = PER_BEAT;
    localparam [31:0] GAIN_OF_LAST_BEAT = IN_LAST_BEAT;
    localparam [31:0] NEED = LANES;
    localparam [31:0] NEED_OF_LAST_WORD = LANES_OF_LAST_WORD;
    localparam [31:0] HIGHEST_READY_LEVEL = CAPACITY - PER_BEAT;

    reg [CAPACITY*BITS-1:0] buffer_reg;
    reg [LEVEL_W-1:0] level_reg;
    reg [BEAT_W-1:0] beat_reg;
    reg [WORD_W-1:0] word_reg;
    reg valid_reg;
    reg ready_reg;

    wire push = s_axis_tvalid && ready_reg;
    wire pop = valid_reg && m_axis_tready;
    wire last_beat = BEATS == 1 || beat_reg == LAST_BEAT[BEAT_W-1:0];
    wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire [WORD_W-1:0] word_next = !pop ? word_reg : last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
    wire last_word_next = WORDS == 1 || word_next == LAST_WORD[WORD_W-1:0];
    wire [LEVEL_W-1:0] need = last_word ? NEED_OF_LAST_WORD[LEVEL_W-1:0] : NEED[LEVEL_W-1:0];
    wire [LEVEL_W-1:0] need_next = last_word_next ? NEED_OF_LAST_WORD[LEVEL_W-1:0] : NEED[LEVEL_W-1:0];
    wire [LEVEL_W-1:0] gain = last_beat ? GAIN_OF_LAST_BEAT[LEVEL_W-1:0] : GAIN[LEVEL_W-1:0];
    wire [LEVEL_W-1:0] level_next = level_reg + (push ? gain : {LEVEL_W{1'b0}}) - (pop ? need : {LEVEL_W{1'b0}});

    wire unused_tdata = &{1'b0, s_axis_tdata};

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;

    generate
        if (LANES_OF_LAST_WORD == LANES) begin : gen_no_padding
            assign m_axis_tdata = buffer_reg[LANES*BITS-1:0];
        end else begin : gen_padding
            localparam PADDING_BITS = (LANES - LANES_OF_LAST_WORD) * BITS;
            assign m_axis_tdata = {buffer_reg[LANES*BITS-1 -: PADDING_BITS] & {PADDING_BITS{!last_word}},
                buffer_reg[LANES_OF_LAST_WORD*BITS-1:0]};
        end
    endgenerate

    // Above its level the buffer is always zero, so that a beat can be put there by OR: it is reset like control state.
    always @(posedge clk) begin : shift
        reg [CAPACITY*BITS-1:0] arriving;
        reg [CAPACITY*BITS-1:0] filled;
        integer element;
        arriving = {(CAPACITY*BITS){1'b0}};
        for (element = 0; element < PER_BEAT; element = element + 1) begin
            if (push && (element < IN_LAST_BEAT || !last_beat)) begin
                arriving[element*BITS +: BITS] = s_axis_tdata[element*ELEMENT_BYTES*8 +: BITS];
            end
        end
        filled = buffer_reg | (arriving << (level_reg * BITS));
        if (pop) buffer_reg <= last_word ? filled >> (LANES_OF_LAST_WORD * BITS) : filled >> (LANES * BITS);
        else buffer_reg <= filled;
        if (rst) buffer_reg <= {(CAPACITY*BITS){1'b0}};
    end

    always @(posedge clk) begin : control
        if (push) beat_reg <= last_beat ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
        word_reg <= word_next;
        level_reg <= level_next;
        valid_reg <= level_next >= need_next;
        ready_reg <= level_next <= HIGHEST_READY_LEVEL[LEVEL_W-1:0];
        if (rst) begin
            beat_reg <= {BEAT_W{1'b0}};
            word_reg <= {WORD_W{1'b0}};
            level_reg <= {LEVEL_W{1'b0}};
            valid_reg <= 1'b0;
            ready_reg <= 1'b1;
        end
    end

endmodule

`resetall
