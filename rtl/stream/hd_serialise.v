// SPDX-License-Identifier: Apache-2.0
//
// hd_serialise: the holding register behind an array: takes a fold's results at once and hands them on R at a time.
//
// Function    Results come in channel order, RESULTS a fold (LAST_RESULTS in the last fold of a group); they leave as
//             chunks of R, the last of a fold padded. `shared` goes with every chunk of its fold. chunk_index counts
//             the chunks of a pixel, next_index is its value in the next clock, for a memory that is read ahead.
// Latency     the first chunk leaves in the clock after in_valid.
// Stall       none: in_valid must not come again before the fold's ceil(results / R) chunks have left
//             (hd_fold_credit sees to that).
// Illegal     R >= 2 * RESULTS: more than the power of two that takes a whole fold at once.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_serialise #(
    // Bits of a result, and of what all results of a fold share (at least 1).
    parameter integer BITS         = 24,
    parameter integer SHARED_BITS  = 1,
    parameter integer RESULTS      = 4,
    parameter integer LAST_RESULTS = 2,
    parameter integer FOLDS        = 3,
    parameter integer GROUPS       = 1,
    parameter integer R            = 2,
    // Bits of the chunk counter: enough for the chunks of a pixel.
    parameter integer INDEX_W      = 3
) (
    input  wire                    clk,
    input  wire                    rst,
    input  wire                    in_valid,
    input  wire [RESULTS*BITS-1:0] in_data,
    input  wire [ SHARED_BITS-1:0] in_shared,
    output wire                    chunk_valid,
    output wire [      R*BITS-1:0] chunk_data,
    output wire [ SHARED_BITS-1:0] chunk_shared,
    // The pixel's last chunk.
    output wire                    chunk_last,
    output wire [     INDEX_W-1:0] next_index
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer FULL_CHUNKS = (RESULTS + R - 1) / R;
  localparam integer LAST_CHUNKS = (LAST_RESULTS + R - 1) / R;
  localparam integer PIXEL_CHUNKS = GROUPS * ((FOLDS - 1) * FULL_CHUNKS + LAST_CHUNKS);
  localparam integer HOLD_W = FULL_CHUNKS * R * BITS;
  localparam integer LEFT_W = width_of(FULL_CHUNKS);
  localparam integer FOLD_W = width_of(FOLDS - 1);
  localparam integer FOLD_END_I = FOLDS - 1;
  localparam integer LAST_INDEX_I = PIXEL_CHUNKS - 1;

  generate
    if (R < 1 || R >= 2 * RESULTS || LAST_RESULTS < 1 || LAST_RESULTS > RESULTS) begin : gen_illegal
      hd_serialise_R_must_be_below_twice_RESULTS_and_LAST_RESULTS_within_RESULTS u_illegal ();
    end
    if (PIXEL_CHUNKS > (1 << INDEX_W)) begin : gen_illegal_index
      hd_serialise_INDEX_W_must_reach_the_chunks_of_a_pixel u_illegal ();
    end
  endgenerate

  reg [HOLD_W-1:0] hold_reg;
  reg [SHARED_BITS-1:0] shared_reg;
  // Chunks still to leave.
  reg [LEFT_W-1:0] left_reg;
  reg [FOLD_W-1:0] fold_reg;
  reg [INDEX_W-1:0] index_reg;
  wire [HOLD_W-1:0] padded;
  wire fold_end = fold_reg == FOLD_END_I[FOLD_W-1:0];

  generate
    if (FULL_CHUNKS * R > RESULTS) begin : gen_pad
      assign padded = {{(FULL_CHUNKS * R - RESULTS) * BITS{1'b0}}, in_data};
    end else begin : gen_exact
      assign padded = in_data;
    end
  endgenerate

  assign chunk_valid = left_reg != 0;
  assign chunk_data = hold_reg[R*BITS-1:0];
  assign chunk_shared = shared_reg;
  assign chunk_last = index_reg == LAST_INDEX_I[INDEX_W-1:0];
  assign next_index = !chunk_valid ? index_reg : chunk_last ? {INDEX_W{1'b0}} : index_reg + 1'b1;

  always @(posedge clk) begin
    if (in_valid) begin
      hold_reg   <= padded;
      shared_reg <= in_shared;
      left_reg   <= fold_end ? LAST_CHUNKS[LEFT_W-1:0] : FULL_CHUNKS[LEFT_W-1:0];
      fold_reg   <= fold_end ? {FOLD_W{1'b0}} : fold_reg + 1'b1;
    end else if (chunk_valid) begin
      hold_reg <= hold_reg >> (R * BITS);
      left_reg <= left_reg - 1'b1;
    end
    index_reg <= next_index;
    if (rst) begin
      left_reg  <= {LEFT_W{1'b0}};
      fold_reg  <= {FOLD_W{1'b0}};
      index_reg <= {INDEX_W{1'b0}};
    end
  end

endmodule

`resetall
