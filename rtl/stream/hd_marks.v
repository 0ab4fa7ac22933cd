// SPDX-License-Identifier: Apache-2.0

/*
 * hd_marks: the frames' marks between several ends of a network.
 *
 * Function    takes one mark of each input together, and gives every output one: 1 where any of them is. A frame that
 *             was completed with zeros at one input is marked at every output.
 * Latency     0.
 * Throughput  a frame a cycle.
 * Stalls      s_axis_tready[i] is high in the cycle in which all inputs offer a mark and the last output takes it; it
 *             depends combinationally on the s_axis_tvalid of all inputs and on m_axis_tready.
 * Illegal     INPUTS < 1, OUTPUTS < 1.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_marks #(
    // ends that frames come in by, >= 1
    parameter INPUTS = 2,
    // ends that frames leave by, >= 1
    parameter OUTPUTS = 2
) (
    input  wire               clk,
    input  wire               rst,

    // input 0 and output 0 in the low bits
    input  wire [INPUTS-1:0]  s_axis_tvalid,
    output wire [INPUTS-1:0]  s_axis_tready,
    input  wire [INPUTS-1:0]  s_axis_tdata,

    output wire [OUTPUTS-1:0] m_axis_tvalid,
    input  wire [OUTPUTS-1:0] m_axis_tready,
    output wire [OUTPUTS-1:0] m_axis_tdata
);

    generate
        if (INPUTS < 1 || OUTPUTS < 1) begin : gen_illegal
            hd_marks_INPUTS_and_OUTPUTS_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    wire all_valid = &s_axis_tvalid;
    wire dealt;

    assign s_axis_tready = {INPUTS{all_valid && dealt}};

    hd_fork #(
        .OUTPUTS(OUTPUTS),
        .WIDTH(1)
    ) u_deal (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(all_valid),
        .s_axis_tready(dealt),
        .s_axis_tdata(|s_axis_tdata),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
