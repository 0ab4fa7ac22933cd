// SPDX-License-Identifier: Apache-2.0

/*
 * hd_permute: any fixed selection of a pixel's channels: permutations (channel shuffle), parts, repeats, constants.
 *
 * Function    output channel c of a pixel = input channel map[c] of the same pixel, or PAD_VALUE where the map says so.
 *             Two pixels are held: one is written while the other is read.
 *             Per pixel ceil(IN_CHANNELS / LANES) beats in, ceil(OUT_CHANNELS / LANES) out. Padding lanes of the
 *             output are zero.
 * Latency     1: the last beat of an input pixel is taken in cycle n, the first beat of the output pixel is offered in
 *             cycle n+1 when all before has left by cycle n.
 * Throughput  max(beats in, beats out) cycles a pixel, no bubbles.
 * Stalls      s_axis_tready is a register, low while two pixels are held. The last output beat of a pixel taken in
 *             cycle n makes room for the next pixel but one in cycle n+1.
 * Map         MAP_FILE in $readmemh form, a word an output beat, lane 0 in the low bits. A lane's entry is, from the low
 *             bit, the source's lane in LANE_W bits, its beat of the pixel in BEAT_W bits (with LANES a power of two
 *             these together are the channel's number), and a bit that is 1 for PAD_VALUE. LANE_W = max(1, clog2(LANES)),
 *             0 where LANES is 1; BEAT_W = max(1, clog2(beats in)). Without a file map[c] = c, and PAD_VALUE
 *             beyond the input's channels.
 * Memory      asynchronous read, one read port an output lane: distributed memory (LUT RAM).
 * Illegal     LANES, IN_CHANNELS or OUT_CHANNELS < 1, BITS outside 1..16, PAD_VALUE that BITS do not hold; a map that
 *             names a channel which there is not; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_permute #(
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of an input pixel, >= 1
    parameter IN_CHANNELS = 4,
    // channels of an output pixel, >= 1
    parameter OUT_CHANNELS = 4,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // what constant channels hold, as a signed or unsigned number of BITS
    parameter PAD_VALUE = 0,
    // path of the map; empty: y[c] = x[c]
    parameter MAP_FILE = ""
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [LANES*BITS-1:0] s_axis_tdata,

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [LANES*BITS-1:0] m_axis_tdata
);

    generate
        if (LANES < 1) begin : gen_illegal_lanes
            hd_permute_LANES_must_be_at_least_1 u_illegal ();
        end
        if (IN_CHANNELS < 1 || OUT_CHANNELS < 1) begin : gen_illegal_channels
            hd_permute_IN_CHANNELS_and_OUT_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_permute_BITS_must_be_1_to_16 u_illegal ();
        end
        if (PAD_VALUE < -(1 << (BITS - 1)) || PAD_VALUE > (1 << BITS) - 1) begin : gen_illegal_value
            hd_permute_PAD_VALUE_must_fit_BITS u_illegal ();
        end
    endgenerate

    // an illegal LANES is to be refused by its name, not by a division by zero
    localparam DIVISOR = LANES < 1 ? 1 : LANES;
    localparam IN_BEATS = (IN_CHANNELS + LANES - 1) / DIVISOR;
    localparam OUT_BEATS = (OUT_CHANNELS + LANES - 1) / DIVISOR;
    localparam LANES_OF_LAST_BEAT = OUT_CHANNELS - (OUT_BEATS - 1) * LANES;
    localparam LANE_W = LANES > 1 ? $clog2(LANES) : 0;
    localparam LANE_PORT = LANE_W > 0 ? LANE_W : 1;
    localparam BEAT_W = IN_BEATS > 1 ? $clog2(IN_BEATS) : 1;
    localparam ENTRY_W = LANE_W + BEAT_W + 1;
    localparam OUT_W = OUT_BEATS > 1 ? $clog2(OUT_BEATS) : 1;
    localparam [31:0] LAST_IN_BEAT = IN_BEATS - 1;
    localparam [31:0] LAST_OUT_BEAT = OUT_BEATS - 1;
    localparam [31:0] PAD = PAD_VALUE;
    localparam [31:0] ONE = 1;

    // ---- the map: the entries of the beat that is offered, or will be next -----------------------------------------

    reg [LANES*ENTRY_W-1:0] map [0:OUT_BEATS-1];
    reg [LANES*ENTRY_W-1:0] entries_reg;

    generate
        if (MAP_FILE != "") begin : gen_load
            initial $readmemh(MAP_FILE, map);
        end else begin : gen_identity
            integer beat;
            integer lane;
            reg [ENTRY_W-1:0] entry;
            reg [LANES*ENTRY_W-1:0] word;
            initial begin
                for (beat = 0; beat < OUT_BEATS; beat = beat + 1) begin
                    for (lane = 0; lane < LANES; lane = lane + 1) begin
                        entry[LANE_PORT-1:0] = lane[LANE_PORT-1:0];
                        entry[LANE_W +: BEAT_W] = beat[BEAT_W-1:0];
                        entry[ENTRY_W-1] = beat * LANES + lane >= IN_CHANNELS;
                        word[lane*ENTRY_W +: ENTRY_W] = entry;
                    end
                    map[beat] = word;
                end
            end
        end
    endgenerate

    // ---- two pixels, written in turn and read in turn --------------------------------------------------------------

    (* ram_style = "distributed" *)
    reg [LANES*BITS-1:0] pixels [0:(2<<BEAT_W)-1];
    reg [BEAT_W-1:0] in_beat_reg;
    reg [OUT_W-1:0] out_beat_reg;
    reg write_half_reg;
    reg read_half_reg;
    reg ready_reg;
    reg valid_reg;

    wire take = s_axis_tvalid && ready_reg;
    wire give = valid_reg && m_axis_tready;
    wire last_in_beat = IN_BEATS == 1 || in_beat_reg == LAST_IN_BEAT[BEAT_W-1:0];
    wire last_out_beat = OUT_BEATS == 1 || out_beat_reg == LAST_OUT_BEAT[OUT_W-1:0];
    wire complete = take && last_in_beat;
    wire release_pixel = give && last_out_beat;
    wire [OUT_W-1:0] out_beat_next = rst || (give && last_out_beat) ? {OUT_W{1'b0}}
        : give ? out_beat_reg + ONE[OUT_W-1:0] : out_beat_reg;

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;

    always @(posedge clk) begin : write_pixel
        if (take) pixels[{write_half_reg, in_beat_reg}] <= s_axis_tdata;
    end

    always @(posedge clk) begin : look_up
        out_beat_reg <= out_beat_next;
        entries_reg <= map[out_beat_next];
    end

    always @(posedge clk) begin : control
        if (take) in_beat_reg <= last_in_beat ? {BEAT_W{1'b0}} : in_beat_reg + ONE[BEAT_W-1:0];
        if (complete) write_half_reg <= !write_half_reg;
        if (release_pixel) read_half_reg <= !read_half_reg;
        // not ready: both halves are full; not valid: both are free, one of them being written
        if (complete && !release_pixel) begin
            valid_reg <= 1'b1;
            ready_reg <= !valid_reg;
        end
        if (release_pixel && !complete) begin
            valid_reg <= !ready_reg;
            ready_reg <= 1'b1;
        end
        if (rst) begin
            in_beat_reg <= {BEAT_W{1'b0}};
            write_half_reg <= 1'b0;
            read_half_reg <= 1'b0;
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

    // ---- output ----------------------------------------------------------------------------------------------------

    reg [LANES*BITS-1:0] selected;
    always @* begin : select
        reg [ENTRY_W-1:0] entry;
        reg [LANE_PORT-1:0] source_lane;
        reg [31:0] lane;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            entry = entries_reg[lane*ENTRY_W +: ENTRY_W];
            source_lane = LANE_W == 0 ? {LANE_PORT{1'b0}} : entry[LANE_PORT-1:0];
            selected[lane*BITS +: BITS] = entry[ENTRY_W-1] ? PAD[BITS-1:0]
                : pixels[{read_half_reg, entry[LANE_W +: BEAT_W]}][{{32 - LANE_PORT{1'b0}}, source_lane}*BITS +: BITS];
            if (last_out_beat && lane >= LANES_OF_LAST_BEAT) selected[lane*BITS +: BITS] = {BITS{1'b0}};
        end
    end
    assign m_axis_tdata = selected;

endmodule

`resetall
