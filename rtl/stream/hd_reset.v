// SPDX-License-Identifier: Apache-2.0
//
// hd_reset: brings a reset into the clock's domain.
//
// Function    core_rst is rst, two registers later. It is asserted and released with the clock: everything behind it has
//             a synchronous reset.
// Latency     two clocks.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_reset (
    input  wire clk,
    input  wire rst,
    output wire core_rst
);

  (* async_reg = "true" *)reg [1:0] sync_reg;

  always @(posedge clk) sync_reg <= {sync_reg[0], rst};

  assign core_rst = sync_reg[1];

endmodule

`resetall
