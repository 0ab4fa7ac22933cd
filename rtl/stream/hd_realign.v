// SPDX-License-Identifier: Apache-2.0

/*
 * hd_realign: packs the channels of a pixel, which come in beats that are filled in part, into full beats.
 *
 * Function    each input beat brings in_count channels in its low lanes; the channels of a pixel, one behind the other,
 *             become beats of LANES, the last one filled up with zeros.
 * Timing      an input beat is taken in each cycle with in_valid, which in_room has to allow. What it makes is offered
 *             from the next cycle on. With `level` the channels that wait (0 at a pixel's start), a beat of `count`
 *                 makes 1 beat where level + count > LANES, and leaves level + count - LANES; otherwise it makes none and
 *                 leaves level + count;
 *                 makes, as a pixel's last, ceil((level + count) / LANES) beats: 1 or 2.
 *             So a full beat waits for the channel behind it: in return the second beat of a pixel's end shares its
 *             cycle with the next pixel's first one, and no cycle is ever lost.
 * Throughput  an input beat a cycle.
 * Stalls      in_room is a register, high while at most two beats that were made have not left: a beat that leaves in
 *             cycle n makes room in cycle n+1. Up to four are held.
 * Illegal     in_valid without in_room, or while rst is high; in_count outside 1..LANES; lanes from in_count on that are not
 *             zero; pixels that differ in the number of their beats or channels; a level whose rest by LANES is not in SHIFTS.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_realign #(
    // bits of a channel, >= 1
    parameter BITS = 8,
    // channels of a beat, >= 1
    parameter LANES = 4,
    // bit s: a level of s channels, or s + LANES, occurs when a beat comes; the fewer, the smaller
    parameter [LANES-1:0] SHIFTS = {LANES{1'b1}},
    // derived, not to be set: bits of in_count
    parameter COUNT_W = $clog2(LANES + 1)
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  in_valid,
    output wire                  in_room,
    input  wire [LANES*BITS-1:0] in_data,
    input  wire [COUNT_W-1:0]    in_count,
    // the beat is its pixel's last
    input  wire                  in_last,

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [LANES*BITS-1:0] m_axis_tdata
);

    generate
        if (BITS < 1 || LANES < 1) begin : gen_illegal_size
            hd_realign_BITS_and_LANES_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    localparam WIDTH = LANES * BITS;
    localparam LEVEL_W = COUNT_W + 1;
    localparam [31:0] FULL = LANES;

    // channels of the pixel that wait, and they themselves in the low lanes, zeros above; anything while there are none
    reg [LEVEL_W-1:0] level_reg;
    reg [WIDTH-1:0] rest_reg;
    // the rest is the end of the pixel before: it leaves in this cycle
    reg end_reg;

    wire [LEVEL_W-1:0] total = level_reg + {1'b0, in_count};
    wire over = total > FULL[LEVEL_W-1:0];
    wire rest_empty = level_reg == {LEVEL_W{1'b0}};
    wire rest_full = level_reg == FULL[LEVEL_W-1:0];
    wire [1:0] made = !in_valid ? 2'd0 : over && in_last ? 2'd2 : over || in_last ? 2'd1 : 2'd0;

    reg [2*WIDTH-1:0] placed;
    reg [WIDTH-1:0] merged;
    always @* begin : place
        integer shift;
        placed = {{WIDTH{1'b0}}, in_data};
        for (shift = 1; shift < LANES; shift = shift + 1) begin
            if (SHIFTS[shift] && level_reg == shift[LEVEL_W-1:0]) placed = {{WIDTH{1'b0}}, in_data} << (shift * BITS);
        end
        merged = (rest_empty ? {WIDTH{1'b0}} : rest_reg) | (rest_full ? {WIDTH{1'b0}} : placed[WIDTH-1:0]);
    end

    always @(posedge clk) begin : keep_rest
        if (in_valid) rest_reg <= !over ? merged : rest_full ? in_data : placed[2*WIDTH-1:WIDTH];
    end

    always @(posedge clk) begin : control
        if (in_valid) level_reg <= in_last ? {LEVEL_W{1'b0}} : over ? total - FULL[LEVEL_W-1:0] : total;
        end_reg <= in_valid && in_last && over;
        if (rst) begin
            level_reg <= {LEVEL_W{1'b0}};
            end_reg <= 1'b0;
        end
    end

    hd_result_buffer #(
        .LANES(LANES),
        .CHANNELS(LANES),
        .BITS(BITS),
        .HOLDS(3),
        .MOST(2)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .ready(in_room),
        .spend(made),
        .s_valid(end_reg || (in_valid && (over || in_last))),
        .s_data(end_reg ? rest_reg : merged),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
