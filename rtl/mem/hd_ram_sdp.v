// SPDX-License-Identifier: Apache-2.0
//
// hd_ram_sdp: simple dual-port memory, one write port and one read port.
//
// Function    mem[wr_addr] <= wr_data when wr_en; rd_data <= mem[rd_addr] when rd_en.
// Latency     rd_data follows rd_addr by one clock and is held while rd_en is low.
// Collision   reading and writing one address in the same clock returns the old word or the new one, depending on
//             the target's block memory: callers must not rely on it.
// Reset       none: contents and output are data.
// Illegal     WIDTH < 1, DEPTH < 1.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_ram_sdp #(
    // Bits a word, 1 or more.
    parameter integer WIDTH  = 8,
    // Words, 1 or more, any number.
    parameter integer DEPTH  = 16,
    // Bits of an address: max(1, ceil(log2(DEPTH))).
    parameter integer ADDR_W = 4
) (
    input  wire              clk,
    input  wire              wr_en,
    input  wire [ADDR_W-1:0] wr_addr,
    input  wire [ WIDTH-1:0] wr_data,
    input  wire              rd_en,
    input  wire [ADDR_W-1:0] rd_addr,
    output reg  [ WIDTH-1:0] rd_data
);

  generate
    if (WIDTH < 1 || DEPTH < 1 || (DEPTH > 1 && DEPTH > (1 << ADDR_W))) begin : gen_illegal
      hd_ram_sdp_needs_WIDTH_and_DEPTH_of_1_or_more_and_ADDR_W_that_reaches_DEPTH u_illegal ();
    end
  endgenerate

  reg [WIDTH-1:0] mem[0:DEPTH-1];

  always @(posedge clk) begin
    if (wr_en) mem[wr_addr] <= wr_data;
    if (rd_en) rd_data <= mem[rd_addr];
  end

endmodule

`resetall
