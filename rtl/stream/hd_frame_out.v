// SPDX-License-Identifier: Apache-2.0

/*
 * hd_frame_out: the way out of a network: marks where frames end.
 *
 * Function    m_axis carries the beats of s_axis, TDATA filled up to bytes with zeros, TLAST on the last beat of each
 *             frame of PIXELS * ceil(CHANNELS / LANES) beats. TUSER is the frame's mark on that beat (1: its input was
 *             cut short and completed with zeros), 0 on all others.
 * Marks       s_axis_mark_* takes one beat a frame, in order; MARKS of them can wait. A frame's last beat is not taken
 *             before its mark has come.
 * Latency     1: a beat taken in cycle n is offered in cycle n+1; a mark taken in cycle n lets the last beat in from
 *             cycle n+1 on.
 * Throughput  a beat a cycle, also between frames.
 * Stalls      two beats are held; s_axis_tready depends on registers only.
 * Illegal     MARKS < 1, other sizes < 1; s_axis_tvalid or s_axis_mark_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_frame_out #(
    // pixels of a frame, >= 1
    parameter PIXELS = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 10,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, >= 1
    parameter BITS = 8,
    // frames that can be between the network's input and its output without a stall, >= 1
    parameter MARKS = 16
) (
    input  wire                              clk,
    input  wire                              rst,

    input  wire                              s_axis_tvalid,
    output wire                              s_axis_tready,
    input  wire [LANES*BITS-1:0]             s_axis_tdata,

    input  wire                              s_axis_mark_tvalid,
    output wire                              s_axis_mark_tready,
    input  wire                              s_axis_mark_tdata,

    output wire                              m_axis_tvalid,
    input  wire                              m_axis_tready,
    output wire [8*((LANES*BITS + 7)/8)-1:0] m_axis_tdata,
    output wire                              m_axis_tlast,
    output wire                              m_axis_tuser
);

    generate
        if (PIXELS < 1 || CHANNELS < 1 || LANES < 1 || BITS < 1) begin : gen_illegal_size
            hd_frame_out_PIXELS_CHANNELS_LANES_and_BITS_must_be_at_least_1 u_illegal ();
        end
        if (MARKS < 1) begin : gen_illegal_marks
            hd_frame_out_MARKS_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    localparam DATA_W = LANES * BITS;
    localparam FILL_W = 8 * ((DATA_W + 7) / 8) - DATA_W;
    localparam BEATS = PIXELS * ((CHANNELS + LANES - 1) / LANES);
    localparam BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] ONE = 1;

    reg [BEAT_W-1:0] beat_reg;

    wire mark_valid;
    wire mark;
    wire store_ready;
    wire [DATA_W-1:0] data;

    wire last_beat = BEATS == 1 || beat_reg == LAST_BEAT[BEAT_W-1:0];
    wire may_store = !last_beat || mark_valid;
    wire store = s_axis_tvalid && may_store && store_ready;

    assign s_axis_tready = may_store && store_ready;

    always @(posedge clk) begin : count_beats
        if (store) beat_reg <= last_beat ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
        if (rst) beat_reg <= {BEAT_W{1'b0}};
    end

    hd_fifo #(
        .WIDTH(1),
        .DEPTH(MARKS)
    ) u_marks (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(s_axis_mark_tvalid),
        .s_axis_tready(s_axis_mark_tready),
        .s_axis_tdata(s_axis_mark_tdata),
        .m_axis_tvalid(mark_valid),
        .m_axis_tready(store && last_beat),
        .m_axis_tdata(mark)
    );

    hd_fifo #(
        .WIDTH(DATA_W + 2),
        .DEPTH(2)
    ) u_store (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(s_axis_tvalid && may_store),
        .s_axis_tready(store_ready),
        .s_axis_tdata({last_beat && mark, last_beat, s_axis_tdata}),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata({m_axis_tuser, m_axis_tlast, data})
    );

    generate
        if (FILL_W == 0) begin : gen_no_fill
            assign m_axis_tdata = data;
        end else begin : gen_fill
            assign m_axis_tdata = {{FILL_W{1'b0}}, data};
        end
    endgenerate

endmodule

`resetall
