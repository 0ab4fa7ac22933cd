// SPDX-License-Identifier: Apache-2.0

/*
 * hd_frame_in: the way into a network: checks where frames end and makes the internal stream.
 *
 * Function    INPUT_MODE 0, padded: a beat holds LANES channels as inside, TDATA filled up to bytes.
 *             INPUT_MODE 1, packed: see hd_unpack. Padding lanes of the output are zero, whatever the input holds.
 *             TLAST belongs on a frame's last beat. On an earlier beat it sets status_tlast_early, its lack on the last
 *             beat sets status_tlast_late; both stay set until reset.
 *             RESYNC 0: frames are counted, TLAST changes nothing else.
 *             RESYNC 1: a frame that ends early is completed with zeros and marked; of one that does not end, what
 *             comes after its last beat is dropped up to and with the beat that has TLAST. It is not marked.
 * Marks       m_axis_mark_* carries one beat a frame, 1 where the frame was completed with zeros, offered in the cycle
 *             after the frame's last beat was taken; two can wait. A frame's last beat is not taken while two wait.
 * Latency     1: a beat taken in cycle n is offered in cycle n+1.
 * Throughput  padded: a beat a cycle, also between frames. Packed: see hd_unpack. Zeros come a beat a cycle.
 * Stalls      four beats are held (packed: hd_unpack's buffer); s_axis_tready depends on registers only.
 * Illegal     INPUT_MODE or RESYNC other than 0 and 1; sizes as in hd_unpack; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_frame_in #(
    // 0 padded, 1 packed
    parameter INPUT_MODE = 0,
    // 0 ignore a misplaced TLAST, 1 realign frames with it
    parameter RESYNC = 0,
    // pixels of a frame, >= 1
    parameter PIXELS = 4,
    // channels of a pixel, >= 1
    parameter CHANNELS = 3,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // packed: bytes of an input beat, a multiple of an element's bytes (1 up to 8 bits, else 2)
    parameter PACKED_BYTES = 4
) (
    input  wire                                                                       clk,
    input  wire                                                                       rst,

    input  wire                                                                       s_axis_tvalid,
    output wire                                                                       s_axis_tready,
    input  wire [8*(INPUT_MODE != 0 ? PACKED_BYTES : (LANES*BITS + 7)/8)-1:0]         s_axis_tdata,
    input  wire                                                                       s_axis_tlast,

    output wire                                                                       m_axis_tvalid,
    input  wire                                                                       m_axis_tready,
    output wire [LANES*BITS-1:0]                                                      m_axis_tdata,

    output wire                                                                       m_axis_mark_tvalid,
    input  wire                                                                       m_axis_mark_tready,
    output wire                                                                       m_axis_mark_tdata,

    output wire                                                                       status_tlast_early,
    output wire                                                                       status_tlast_late
);

    generate
        if (INPUT_MODE != 0 && INPUT_MODE != 1) begin : gen_illegal_mode
            hd_frame_in_INPUT_MODE_must_be_0_padded_or_1_packed u_illegal ();
        end
        if (RESYNC != 0 && RESYNC != 1) begin : gen_illegal_resync
            hd_frame_in_RESYNC_must_be_0_or_1 u_illegal ();
        end
        if (PIXELS < 1 || CHANNELS < 1 || LANES < 1) begin : gen_illegal_size
            hd_frame_in_PIXELS_CHANNELS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_frame_in_BITS_must_be_1_to_16 u_illegal ();
        end
    endgenerate

    localparam PACKED = INPUT_MODE != 0;
    localparam DATA_W = 8 * (PACKED ? PACKED_BYTES : (LANES * BITS + 7) / 8);
    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_WORD = CHANNELS - (WORDS - 1) * LANES;
    localparam FRAME_BYTES = PIXELS * CHANNELS * ((BITS + 7) / 8);
    localparam BEATS = PACKED ? (FRAME_BYTES + PACKED_BYTES - 1) / PACKED_BYTES : PIXELS * WORDS;
    localparam BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] ONE = 1;

    // PASS takes a frame's beats, FILL completes it with zeros, DROP takes beats up to TLAST and forgets them
    localparam [1:0] PASS = 2'd0;
    localparam [1:0] FILL = 2'd1;
    localparam [1:0] DROP = 2'd2;

    reg [1:0] state_reg;
    reg [BEAT_W-1:0] beat_reg;
    reg early_reg;
    reg late_reg;

    wire store_ready;
    wire mark_ready;

    wire last_beat = BEATS == 1 || beat_reg == LAST_BEAT[BEAT_W-1:0];
    wire may_store = !last_beat || mark_ready;
    wire store_valid = may_store && (state_reg == FILL || (state_reg == PASS && s_axis_tvalid));
    wire store = store_valid && store_ready;
    wire [DATA_W-1:0] store_data = state_reg == FILL ? {DATA_W{1'b0}} : s_axis_tdata;
    wire early = state_reg == PASS && store && s_axis_tlast && !last_beat;
    wire late = state_reg == PASS && store && !s_axis_tlast && last_beat;

    assign s_axis_tready = state_reg == DROP || (state_reg == PASS && may_store && store_ready);
    assign status_tlast_early = early_reg;
    assign status_tlast_late = late_reg;

    always @(posedge clk) begin : frame
        if (store) beat_reg <= last_beat ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
        if (early) early_reg <= 1'b1;
        if (late) late_reg <= 1'b1;
        if (RESYNC != 0) begin
            if (early) state_reg <= FILL;
            if (late) state_reg <= DROP;
            if (state_reg == FILL && store && last_beat) state_reg <= PASS;
            if (state_reg == DROP && s_axis_tvalid && s_axis_tlast) state_reg <= PASS;
        end
        if (rst) begin
            state_reg <= PASS;
            beat_reg <= {BEAT_W{1'b0}};
            early_reg <= 1'b0;
            late_reg <= 1'b0;
        end
    end

    hd_fifo #(
        .WIDTH(1),
        .DEPTH(2)
    ) u_marks (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(store && last_beat),
        .s_axis_tready(mark_ready),
        .s_axis_tdata(state_reg == FILL),
        .m_axis_tvalid(m_axis_mark_tvalid),
        .m_axis_tready(m_axis_mark_tready),
        .m_axis_tdata(m_axis_mark_tdata)
    );

    generate
        if (PACKED) begin : gen_packed
            hd_unpack #(
                .PIXELS(PIXELS),
                .CHANNELS(CHANNELS),
                .LANES(LANES),
                .BITS(BITS),
                .PACKED_BYTES(PACKED_BYTES)
            ) u_unpack (
                .clk(clk),
                .rst(rst),
                .s_axis_tvalid(store_valid),
                .s_axis_tready(store_ready),
                .s_axis_tdata(store_data),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end else begin : gen_padded
            wire [LANES*BITS-1:0] masked;
            wire unused_tdata = &{1'b0, store_data};

            if (LANES_OF_LAST_WORD == LANES) begin : gen_no_padding
                assign masked = store_data[LANES*BITS-1:0];
            end else begin : gen_padding
                localparam PADDING_BITS = (LANES - LANES_OF_LAST_WORD) * BITS;
                localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
                localparam [31:0] LAST_WORD = WORDS - 1;
                reg [WORD_W-1:0] word_reg;
                wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
                always @(posedge clk) begin : count_words
                    if (store) word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
                    if (rst) word_reg <= {WORD_W{1'b0}};
                end
                assign masked = {store_data[LANES*BITS-1 -: PADDING_BITS] & {PADDING_BITS{!last_word}},
                    store_data[LANES_OF_LAST_WORD*BITS-1:0]};
            end

            // more than two, so that frames pass at full rate even where their marks arrive after them (no network between)
            hd_fifo #(
                .WIDTH(LANES * BITS),
                .DEPTH(4)
            ) u_store (
                .clk(clk),
                .rst(rst),
                .s_axis_tvalid(store_valid),
                .s_axis_tready(store_ready),
                .s_axis_tdata(masked),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end
    endgenerate

endmodule

`resetall
