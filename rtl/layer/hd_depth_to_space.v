// SPDX-License-Identifier: Apache-2.0

/*
 * hd_depth_to_space: channels to blocks of pixels.
 *
 * Function    y[iy*BLOCK + by][ix*BLOCK + bx][c] = x[iy][ix][(by*BLOCK + bx) * OUT_CHANNELS + c] (the order of
 *             TensorFlow, and of ONNX's DCR mode; an hd_permute in front makes it of any other).
 *             BLOCK^2 * OUT_CHANNELS / LANES beats an input pixel, OUT_CHANNELS / LANES an output pixel.
 * Latency     2: an input pixel's last beat is taken in cycle n, the first output beat of its block's first row is
 *             offered in cycle n+2 when all before has left by cycle n+1; the block's other rows follow without
 *             further input.
 * Throughput  a beat a cycle, no bubbles, where CAPACITY is two rows.
 * Stalls      as hd_row_buffer: CAPACITY pixels are held, each until its block's last row has read it.
 * Illegal     IN_W, OUT_CHANNELS, LANES or BLOCK < 1, LANES that do not divide OUT_CHANNELS, BITS outside 1..16,
 *             CAPACITY < 2, or < IN_W + 1 where BLOCK > 1; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_depth_to_space #(
    // columns of the input, >= 1
    parameter IN_W = 4,
    // channels of an output pixel, a multiple of LANES
    parameter OUT_CHANNELS = 1,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // rows and columns of a block, >= 1
    parameter BLOCK = 2,
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
        if (IN_W < 1 || OUT_CHANNELS < 1 || LANES < 1 || BLOCK < 1) begin : gen_illegal_size
            hd_depth_to_space_IN_W_OUT_CHANNELS_LANES_and_BLOCK_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_depth_to_space_BITS_must_be_1_to_16 u_illegal ();
        end
        if (OUT_CHANNELS % LANES != 0) begin : gen_illegal_lanes
            hd_depth_to_space_LANES_must_divide_OUT_CHANNELS u_illegal ();
        end
        if (CAPACITY < 2 || (BLOCK > 1 && CAPACITY < IN_W + 1)) begin : gen_illegal_capacity
            hd_depth_to_space_CAPACITY_must_exceed_a_row_or_a_pixel_where_BLOCK_is_1 u_illegal ();
        end
    endgenerate

    hd_row_buffer #(
        .BITS(LANES * BITS),
        .WIDTH(IN_W),
        .IN_BEATS(BLOCK * BLOCK * OUT_CHANNELS / LANES),
        .PASSES(BLOCK),
        .REPEATS(BLOCK),
        .SPLIT(1),
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
