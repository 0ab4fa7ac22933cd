// SPDX-License-Identifier: Apache-2.0

/*
 * hd_upsample: nearest-neighbour upsampling by integer factors.
 *
 * Function    y[oy][ox] = x[floor(oy / FACTOR_H)][floor(ox / FACTOR_W)], all channels of a pixel.
 *             ceil(CHANNELS / LANES) beats a pixel, in and out.
 * Latency     2: an input pixel's last beat is taken in cycle n, its first output beat is offered in cycle n+2 when
 *             all before has left by cycle n+1; rows are repeated without further input.
 * Throughput  an output beat a cycle, no bubbles, where CAPACITY is two rows; a row and two pixels suffice where the
 *             input comes without gaps, two pixels where FACTOR_H is 1.
 * Stalls      as hd_row_buffer: CAPACITY pixels are held, each until its last output row has read it.
 * Illegal     IN_W, CHANNELS, LANES, FACTOR_H or FACTOR_W < 1, BITS outside 1..16, CAPACITY < 2, or < IN_W + 1 where
 *             FACTOR_H > 1; s_axis_tvalid high while rst is high; input padding lanes that are not zero.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_upsample #(
    // columns of the input, >= 1
    parameter IN_W = 4,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // output rows an input row, >= 1
    parameter FACTOR_H = 2,
    // output columns an input column, >= 1
    parameter FACTOR_W = 2,
    // pixels held
    parameter CAPACITY = 8
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
        if (IN_W < 1 || CHANNELS < 1 || LANES < 1) begin : gen_illegal_size
            hd_upsample_IN_W_CHANNELS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_upsample_BITS_must_be_1_to_16 u_illegal ();
        end
        if (FACTOR_H < 1 || FACTOR_W < 1) begin : gen_illegal_factor
            hd_upsample_FACTOR_must_be_at_least_1 u_illegal ();
        end
        if (CAPACITY < 2 || (FACTOR_H > 1 && CAPACITY < IN_W + 1)) begin : gen_illegal_capacity
            hd_upsample_CAPACITY_must_exceed_a_row_or_a_pixel_where_FACTOR_H_is_1 u_illegal ();
        end
    endgenerate

    hd_row_buffer #(
        .BITS(LANES * BITS),
        .WIDTH(IN_W),
        .IN_BEATS((CHANNELS + LANES - 1) / LANES),
        .PASSES(FACTOR_H),
        .REPEATS(FACTOR_W),
        .SPLIT(0),
        .CAPACITY(CAPACITY)
    ) u_rows (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(s_axis_tvalid),
        .s_axis_tready(s_axis_tready),
        .s_axis_tdata(s_axis_tdata),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
