// SPDX-License-Identifier: Apache-2.0
//
// hd_slice_counter: which memory word of a pixel, and which slice of that word, the current step reads.
//
// Function    Follows hd_window_ctrl's moves. Slices of a group are consecutive; a group starts a new word, unless
//             GROUPS_PACKED (depthwise engines and pools, where a "group" is one slice of channels).
// Latency     outputs are registers, valid in the clock of the step.
// Illegal     WORD_SLICES < 1, PIXEL_WORDS < 1.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_slice_counter #(
    // Slices in a memory word.
    parameter integer WORD_SLICES   = 1,
    // Words of a pixel.
    parameter integer PIXEL_WORDS   = 1,
    // 1: groups follow each other inside a word.
    parameter integer GROUPS_PACKED = 0,
    // Bits of the outputs: enough for PIXEL_WORDS - 1 and WORD_SLICES - 1, at least 1.
    parameter integer WORD_W        = 1,
    parameter integer SLICE_W       = 1
) (
    input  wire               clk,
    input  wire               rst,
    input  wire               step,
    input  wire [        2:0] move,
    output reg  [ WORD_W-1:0] word_reg,
    output reg  [SLICE_W-1:0] slice_reg
);

  generate
    if (WORD_SLICES < 1 || PIXEL_WORDS < 1) begin : gen_illegal
      hd_slice_counter_WORD_SLICES_and_PIXEL_WORDS_must_be_at_least_1 u_illegal ();
    end
  endgenerate

  localparam [2:0] MOVE_SLICE = 3'd0;
  localparam [2:0] MOVE_GROUP = 3'd4;
  localparam integer LAST_SLICE_I = WORD_SLICES - 1;

  reg  [ WORD_W-1:0] group_word_reg;
  reg  [SLICE_W-1:0] group_slice_reg;
  wire               word_end = slice_reg == LAST_SLICE_I[SLICE_W-1:0];
  wire               new_word = word_end || (move == MOVE_GROUP && GROUPS_PACKED == 0);
  wire [ WORD_W-1:0] after_word = new_word ? word_reg + 1'b1 : word_reg;
  wire [SLICE_W-1:0] after_slice = new_word ? {SLICE_W{1'b0}} : slice_reg + 1'b1;

  always @(posedge clk) begin
    if (step) begin
      if (move == MOVE_SLICE) begin
        word_reg  <= after_word;
        slice_reg <= after_slice;
      end else if (move == MOVE_GROUP) begin
        word_reg        <= after_word;
        slice_reg       <= after_slice;
        group_word_reg  <= after_word;
        group_slice_reg <= after_slice;
      end else if (move < MOVE_GROUP) begin
        word_reg  <= group_word_reg;
        slice_reg <= group_slice_reg;
      end else begin
        word_reg        <= {WORD_W{1'b0}};
        slice_reg       <= {SLICE_W{1'b0}};
        group_word_reg  <= {WORD_W{1'b0}};
        group_slice_reg <= {SLICE_W{1'b0}};
      end
    end
    if (rst) begin
      word_reg        <= {WORD_W{1'b0}};
      slice_reg       <= {SLICE_W{1'b0}};
      group_word_reg  <= {WORD_W{1'b0}};
      group_slice_reg <= {SLICE_W{1'b0}};
    end
  end

endmodule

`resetall
