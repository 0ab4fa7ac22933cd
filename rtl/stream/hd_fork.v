// SPDX-License-Identifier: Apache-2.0

/*
 * hd_fork: one stream to several consumers.
 *
 * Function    each of the OUTPUTS branches gets every beat of s_axis once, in order. A branch that has taken the beat is
 *             not offered it again while others still wait (eager: no branch waits for another one's readiness).
 * Latency     0: nothing is registered but which branches have been served.
 * Throughput  a beat a cycle.
 * Stalls      s_axis_tready is high in the cycle in which the last branch takes the beat, combinationally from
 *             m_axis_tready. m_axis_tvalid depends on s_axis_tvalid and registers alone; s_axis_tdata must be held
 *             while it waits, as AXI4-Stream has it.
 * Illegal     OUTPUTS < 1, WIDTH < 1.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_fork #(
    // branches, >= 1
    parameter OUTPUTS = 2,
    // bits of a beat, >= 1
    parameter WIDTH = 8
) (
    input  wire                     clk,
    input  wire                     rst,

    input  wire                     s_axis_tvalid,
    output wire                     s_axis_tready,
    input  wire [WIDTH-1:0]         s_axis_tdata,

    // branch 0 in the low bits
    output wire [OUTPUTS-1:0]       m_axis_tvalid,
    input  wire [OUTPUTS-1:0]       m_axis_tready,
    output wire [OUTPUTS*WIDTH-1:0] m_axis_tdata
);

    generate
        if (OUTPUTS < 1) begin : gen_illegal_outputs
            hd_fork_OUTPUTS_must_be_at_least_1 u_illegal ();
        end
        if (WIDTH < 1) begin : gen_illegal_width
            hd_fork_WIDTH_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    // branches that have taken the beat that is still waiting for others
    reg [OUTPUTS-1:0] served_reg;

    assign s_axis_tready = &(served_reg | m_axis_tready);
    assign m_axis_tvalid = {OUTPUTS{s_axis_tvalid}} & ~served_reg;
    assign m_axis_tdata = {OUTPUTS{s_axis_tdata}};

    always @(posedge clk) begin : remember
        if (s_axis_tvalid) served_reg <= s_axis_tready ? {OUTPUTS{1'b0}} : served_reg | m_axis_tready;
        if (rst) served_reg <= {OUTPUTS{1'b0}};
    end

endmodule

`resetall
