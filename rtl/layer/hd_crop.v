// SPDX-License-Identifier: Apache-2.0

/*
 * hd_crop: a box of rows, columns and channels out of a map.
 *
 * Function    keeps rows [ROW_FROM, ROW_FROM + OUT_H), columns [COLUMN_FROM, COLUMN_FROM + OUT_W) and channels
 *             [CHANNEL_FROM, CHANNEL_FROM + OUT_CHANNELS) of a picture of IN_H x IN_W x IN_CHANNELS, in raster order,
 *             in beats of LANES again.
 * Timing      an input beat is taken each cycle; one of which nothing is kept makes no beat. Where the kept channels
 *             begin with a beat, or lie in one, each other one makes a beat that is offered in the cycle after. Otherwise
 *             hd_realign packs them, and makes beats as its header says.
 * Latency     1, in that sense.
 * Throughput  an input beat a cycle, no bubbles.
 * Stalls      s_axis_tready is a register, high while at most two beats that were made have not left; a beat that leaves
 *             in cycle n makes room in cycle n+1. Beats of which nothing is kept wait for room too.
 * Illegal     sizes < 1, a box that does not lie inside the map; s_axis_tvalid high while rst is high; input padding lanes
 *             that are not zero.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_crop #(
    // bits of a channel, >= 1
    parameter BITS = 8,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // rows of the map, >= 1
    parameter IN_H = 4,
    // columns of the map, >= 1
    parameter IN_W = 4,
    // channels of a pixel of the map, >= 1
    parameter IN_CHANNELS = 1,
    // first row that is kept, from 0 on
    parameter ROW_FROM = 0,
    // first column that is kept
    parameter COLUMN_FROM = 0,
    // first channel that is kept
    parameter CHANNEL_FROM = 0,
    // rows that are kept, >= 1
    parameter OUT_H = 4,
    // columns that are kept, >= 1
    parameter OUT_W = 4,
    // channels that are kept, >= 1
    parameter OUT_CHANNELS = 1
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
        if (BITS < 1 || LANES < 1 || IN_H < 1 || IN_W < 1 || IN_CHANNELS < 1) begin : gen_illegal_size
            hd_crop_BITS_LANES_IN_H_IN_W_and_IN_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (OUT_H < 1 || ROW_FROM < 0 || ROW_FROM + OUT_H > IN_H || OUT_W < 1 || COLUMN_FROM < 0
            || COLUMN_FROM + OUT_W > IN_W || OUT_CHANNELS < 1 || CHANNEL_FROM < 0
            || CHANNEL_FROM + OUT_CHANNELS > IN_CHANNELS) begin : gen_illegal_box
            hd_crop_the_box_that_is_kept_must_lie_inside_the_map u_illegal ();
        end
    endgenerate

    localparam WIDTH = LANES * BITS;
    localparam WORDS = (IN_CHANNELS + LANES - 1) / LANES;
    // lane of the first kept channel, and beats of a pixel between which the kept ones lie
    localparam OFFSET = CHANNEL_FROM % LANES;
    localparam FIRST = CHANNEL_FROM / LANES;
    localparam LAST = (CHANNEL_FROM + OUT_CHANNELS - 1) / LANES;
    localparam LAST_COUNT = FIRST == LAST ? OUT_CHANNELS : CHANNEL_FROM + OUT_CHANNELS - LAST * LANES;

    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam X_W = IN_W > 1 ? $clog2(IN_W) : 1;
    localparam Y_W = IN_H > 1 ? $clog2(IN_H) : 1;
    localparam COUNT_W = $clog2(LANES + 1);
    localparam [31:0] ONE = 1;
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] LAST_X = IN_W - 1;
    localparam [31:0] LAST_Y = IN_H - 1;
    localparam [31:0] FIRST_KEPT_WORD = FIRST;
    localparam [31:0] LAST_KEPT_WORD = LAST;
    localparam [31:0] FIRST_KEPT_X = COLUMN_FROM;
    localparam [31:0] LAST_KEPT_X = COLUMN_FROM + OUT_W - 1;
    localparam [31:0] FIRST_KEPT_Y = ROW_FROM;
    localparam [31:0] LAST_KEPT_Y = ROW_FROM + OUT_H - 1;

    // place of the next beat, and whether its word, column and row are inside the box
    reg [WORD_W-1:0] word_reg;
    reg [X_W-1:0] x_reg;
    reg [Y_W-1:0] y_reg;
    reg word_kept_reg;
    reg x_kept_reg;
    reg y_kept_reg;

    wire take = s_axis_tvalid && s_axis_tready;
    wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire last_x = IN_W == 1 || x_reg == LAST_X[X_W-1:0];
    wire last_y = IN_H == 1 || y_reg == LAST_Y[Y_W-1:0];
    wire [WORD_W-1:0] word_next = last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
    wire [X_W-1:0] x_next = last_x ? {X_W{1'b0}} : x_reg + ONE[X_W-1:0];
    wire [Y_W-1:0] y_next = last_y ? {Y_W{1'b0}} : y_reg + ONE[Y_W-1:0];
    wire last_kept_word = word_reg == LAST_KEPT_WORD[WORD_W-1:0];

    always @(posedge clk) begin : walk
        if (take) begin
            word_reg <= word_next;
            if (word_next == FIRST_KEPT_WORD[WORD_W-1:0]) word_kept_reg <= 1'b1;
            else if (last_kept_word) word_kept_reg <= 1'b0;
            if (last_word) begin
                x_reg <= x_next;
                if (x_next == FIRST_KEPT_X[X_W-1:0]) x_kept_reg <= 1'b1;
                else if (x_reg == LAST_KEPT_X[X_W-1:0]) x_kept_reg <= 1'b0;
            end
            if (last_word && last_x) begin
                y_reg <= y_next;
                if (y_next == FIRST_KEPT_Y[Y_W-1:0]) y_kept_reg <= 1'b1;
                else if (y_reg == LAST_KEPT_Y[Y_W-1:0]) y_kept_reg <= 1'b0;
            end
        end
        if (rst) begin
            word_reg <= {WORD_W{1'b0}};
            x_reg <= {X_W{1'b0}};
            y_reg <= {Y_W{1'b0}};
            word_kept_reg <= FIRST == 0;
            x_kept_reg <= COLUMN_FROM == 0;
            y_kept_reg <= ROW_FROM == 0;
        end
    end

    wire keep = take && word_kept_reg && x_kept_reg && y_kept_reg;

    // the kept channels of the beat in the low lanes, zeros above them
    reg [WIDTH-1:0] kept;
    always @* begin : mask
        reg [WIDTH-1:0] beat;
        integer lane;
        beat = s_axis_tdata;
        if (FIRST == LAST || word_reg == FIRST_KEPT_WORD[WORD_W-1:0]) beat = s_axis_tdata >> (OFFSET * BITS);
        for (lane = LAST_COUNT; lane < LANES; lane = lane + 1) begin
            if (last_kept_word) beat[lane*BITS +: BITS] = {BITS{1'b0}};
        end
        kept = beat;
    end

    generate
        if (OFFSET == 0 || FIRST == LAST) begin : gen_aligned
            hd_fifo #(
                .WIDTH(WIDTH),
                .DEPTH(3)
            ) u_output (
                .clk(clk),
                .rst(rst),
                .s_axis_tvalid(keep),
                .s_axis_tready(s_axis_tready),
                .s_axis_tdata(kept),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end else begin : gen_realign
            localparam [31:0] FULL = LANES;
            localparam [31:0] FIRST_COUNT = LANES - OFFSET;
            localparam [31:0] REST_COUNT = LAST_COUNT;
            localparam [LANES-1:0] SHIFTS = ({{LANES-1{1'b0}}, 1'b1} << (LANES - OFFSET)) | {{LANES-1{1'b0}}, 1'b1};

            hd_realign #(
                .BITS(BITS),
                .LANES(LANES),
                .SHIFTS(SHIFTS)
            ) u_realign (
                .clk(clk),
                .rst(rst),
                .in_valid(keep),
                .in_room(s_axis_tready),
                .in_data(kept),
                .in_count(word_reg == FIRST_KEPT_WORD[WORD_W-1:0] ? FIRST_COUNT[COUNT_W-1:0]
                    : last_kept_word ? REST_COUNT[COUNT_W-1:0] : FULL[COUNT_W-1:0]),
                .in_last(last_kept_word),
                .m_axis_tvalid(m_axis_tvalid),
                .m_axis_tready(m_axis_tready),
                .m_axis_tdata(m_axis_tdata)
            );
        end
    endgenerate

endmodule

`resetall
