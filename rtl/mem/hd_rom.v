// SPDX-License-Identifier: Apache-2.0
//
// hd_rom: read-only memory, loaded from a file of hexadecimal words.
//
// Function    rd_data <= mem[rd_addr] when rd_en.
// Latency     one clock; rd_data is held while rd_en is low.
// Reset       none.
// Illegal     WIDTH < 1, DEPTH < 1. An empty FILE leaves the memory without contents (for lint only).

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_rom #(
    // Bits a word, 1 or more.
    parameter integer WIDTH  = 8,
    // Words, 1 or more, any number.
    parameter integer DEPTH  = 16,
    // Bits of an address: max(1, ceil(log2(DEPTH))).
    parameter integer ADDR_W = 4,
    // Name of a $readmemh file with DEPTH words.
    parameter         FILE   = ""
) (
    input  wire              clk,
    input  wire              rd_en,
    input  wire [ADDR_W-1:0] rd_addr,
    output reg  [ WIDTH-1:0] rd_data
);

  generate
    if (WIDTH < 1 || DEPTH < 1 || (DEPTH > 1 && DEPTH > (1 << ADDR_W))) begin : gen_illegal
      hd_rom_needs_WIDTH_and_DEPTH_of_1_or_more_and_ADDR_W_that_reaches_DEPTH u_illegal ();
    end
  endgenerate

  reg [WIDTH-1:0] mem[0:DEPTH-1];

  generate
    if (FILE != "") begin : gen_init
      initial $readmemh(FILE, mem);
    end else begin : gen_empty
      initial mem[0] = {WIDTH{1'b0}};
    end
  endgenerate

  always @(posedge clk) begin
    if (rd_en) rd_data <= mem[rd_addr];
  end

endmodule

`resetall
