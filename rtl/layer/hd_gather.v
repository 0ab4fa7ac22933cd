// SPDX-License-Identifier: Apache-2.0
//
// hd_gather: collects the beats of a stream into wider memory words.
//
// Function    A unit (a pixel, a group of a pixel's channels, or a whole vector) is UNIT_BEATS beats of LANES lanes;
//             it becomes ceil(UNIT_BEATS / BEATS_PER_WORD) words of WORD_LANES lanes, lane 0 first. A unit always
//             starts a new word; the lanes of its last word that no beat fills are zero.
// Latency     none: word_valid is high in the clock in which the word's last beat is taken.
// Throughput  one beat a clock; the last word of a unit costs no extra clock.
// Stall       s_axis_tready is `space`: a word is taken whole or not begun.
// Illegal     WORD_LANES not a multiple of LANES, UNIT_BEATS < 1.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_gather #(
    // Bits a lane.
    parameter integer BITS       = 8,
    // Lanes a beat.
    parameter integer LANES      = 1,
    // Lanes a word, a multiple of LANES.
    parameter integer WORD_LANES = 4,
    // Beats a unit, 1 or more.
    parameter integer UNIT_BEATS = 5
) (
    input  wire                       clk,
    input  wire                       rst,
    input  wire                       s_axis_tvalid,
    output wire                       s_axis_tready,
    input  wire [     LANES*BITS-1:0] s_axis_tdata,
    // The memory has room for the pixel that is being written.
    input  wire                       space,
    output wire                       word_valid,
    output wire [WORD_LANES*BITS-1:0] word_data
);

  localparam integer WORD_BEATS = WORD_LANES / LANES;

  generate
    if (LANES < 1 || WORD_BEATS * LANES != WORD_LANES || UNIT_BEATS < 1) begin : gen_illegal
      hd_gather_WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more u_illegal ();
    end
  endgenerate

  assign s_axis_tready = space;

  generate
    if (WORD_BEATS == 1) begin : gen_direct
      wire unused_state = &{1'b0, clk, rst};
      assign word_valid = s_axis_tvalid && space;
      assign word_data  = s_axis_tdata;
    end else begin : gen_collect
      localparam integer PLACE_W = $clog2(WORD_BEATS + 1);
      localparam integer UNIT_W = $clog2(UNIT_BEATS + 1);
      localparam integer LAST_PLACE = WORD_BEATS - 1;
      localparam integer LAST_BEAT = UNIT_BEATS - 1;

      reg  [          PLACE_W-1:0] place_reg;
      reg  [           UNIT_W-1:0] beat_reg;
      reg  [WORD_LANES*BITS-1:0] word_reg;
      reg  [WORD_LANES*BITS-1:0] word_next;
      wire                         take = s_axis_tvalid && space;
      wire                         unit_end = beat_reg == LAST_BEAT[UNIT_W-1:0];
      wire                         word_end = unit_end || place_reg == LAST_PLACE[PLACE_W-1:0];

      always @* begin
        word_next = word_reg;
        if (take) begin
          if (place_reg == 0) word_next = {WORD_LANES * BITS{1'b0}};
          word_next[place_reg*LANES*BITS+:LANES*BITS] = s_axis_tdata;
        end
      end

      assign word_valid = take && word_end;
      assign word_data  = word_next;

      always @(posedge clk) begin
        if (take) begin
          word_reg  <= word_next;
          place_reg <= word_end ? {PLACE_W{1'b0}} : place_reg + 1'b1;
          beat_reg  <= unit_end ? {UNIT_W{1'b0}} : beat_reg + 1'b1;
        end
        if (rst) begin
          place_reg <= {PLACE_W{1'b0}};
          beat_reg  <= {UNIT_W{1'b0}};
        end
      end
    end
  endgenerate

endmodule

`resetall
