// SPDX-License-Identifier: Apache-2.0
//
// hd_fold_credit: says when a fold's results may be produced, so that nothing behind the array ever has to stall.
//
// Function    A fold (FULL_RESULTS results, LAST_RESULTS in the last of each group) needs two things: the holding
//             register free by the time its results arrive, which is ceil(results / R) clocks after the fold before
//             it; and room in the output FIFO for the beats of LANES_OUT lanes that its results complete, counting
//             those still on their way. A pixel's last beat is complete with its last result.
// Latency     fold_ok is a function of registers only.
// Illegal     LANES_OUT not a power of two; DEPTH smaller than the beats of one fold.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_fold_credit #(
    // Results of a fold, and of the last fold of a group; folds of a group; groups of a pixel.
    parameter integer FULL_RESULTS = 4,
    parameter integer LAST_RESULTS = 2,
    parameter integer FOLDS        = 3,
    parameter integer GROUPS       = 1,
    // Results taken from the holding register in a clock.
    parameter integer R            = 1,
    // Lanes of an output beat, a power of two; beats that the output FIFO holds.
    parameter integer LANES_OUT    = 4,
    parameter integer DEPTH        = 8
) (
    input  wire clk,
    input  wire rst,
    output wire fold_ok,
    // A fold's last step is taken (only while fold_ok).
    input  wire fold_taken,
    // A beat leaves the output FIFO.
    input  wire beat_taken
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer LANES_LOG2 = $clog2(LANES_OUT);
  localparam integer FULL_CLOCKS = (FULL_RESULTS + R - 1) / R;
  localparam integer LAST_CLOCKS = (LAST_RESULTS + R - 1) / R;
  localparam integer MOST_BEATS = (FULL_RESULTS + 2 * LANES_OUT - 2) / LANES_OUT;

  generate
    if ((1 << LANES_LOG2) != LANES_OUT) begin : gen_illegal_lanes
      hd_fold_credit_LANES_OUT_must_be_a_power_of_two u_illegal ();
    end
    if (DEPTH < MOST_BEATS) begin : gen_illegal_depth
      hd_fold_credit_DEPTH_must_hold_the_beats_of_one_fold u_illegal ();
    end
  endgenerate

  localparam integer FOLD_W = width_of(FOLDS - 1);
  localparam integer GROUP_W = width_of(GROUPS - 1);
  localparam integer CREDIT_W = width_of((DEPTH > MOST_BEATS) ? DEPTH : MOST_BEATS);
  localparam integer TIMER_W = width_of(FULL_CLOCKS);
  localparam integer PHASE_W = width_of(FULL_RESULTS + 2 * LANES_OUT);
  localparam integer FOLD_END_I = FOLDS - 1;
  localparam integer GROUP_END_I = GROUPS - 1;
  localparam integer FULL_TIMER_I = FULL_CLOCKS - 1;
  localparam integer LAST_TIMER_I = LAST_CLOCKS - 1;
  localparam integer ROUND_UP_I = LANES_OUT - 1;

  reg [FOLD_W-1:0] fold_reg;
  reg [GROUP_W-1:0] group_reg;
  reg [CREDIT_W-1:0] credit_reg;
  reg [TIMER_W-1:0] timer_reg;
  // Results of this pixel that wait for their beat to be complete.
  reg [PHASE_W-1:0] phase_reg;

  wire fold_end = fold_reg == FOLD_END_I[FOLD_W-1:0];
  wire pixel_end = fold_end && group_reg == GROUP_END_I[GROUP_W-1:0];
  wire [PHASE_W-1:0] results = phase_reg + (fold_end ? LAST_RESULTS[PHASE_W-1:0] : FULL_RESULTS[PHASE_W-1:0]);
  wire [PHASE_W-1:0] rounded = pixel_end ? results + ROUND_UP_I[PHASE_W-1:0] : results;
  wire [PHASE_W-1:0] beats_wide = rounded >> LANES_LOG2;
  wire [PHASE_W-1:0] beats_lanes = beats_wide << LANES_LOG2;
  wire [PHASE_W+CREDIT_W-1:0] beats_extended = {{CREDIT_W{1'b0}}, beats_wide};
  wire [CREDIT_W-1:0] beats = beats_extended[CREDIT_W-1:0];
  wire unused_beats = &{1'b0, beats_extended[PHASE_W+CREDIT_W-1:CREDIT_W]};

  assign fold_ok = timer_reg == 0 && credit_reg >= beats;

  always @(posedge clk) begin
    credit_reg <= credit_reg - (fold_taken ? beats : {CREDIT_W{1'b0}}) + {{CREDIT_W - 1{1'b0}}, beat_taken};
    if (fold_taken) begin
      fold_reg <= fold_end ? {FOLD_W{1'b0}} : fold_reg + 1'b1;
      if (fold_end) group_reg <= pixel_end ? {GROUP_W{1'b0}} : group_reg + 1'b1;
      phase_reg <= pixel_end ? {PHASE_W{1'b0}} : results - beats_lanes;
      timer_reg <= fold_end ? LAST_TIMER_I[TIMER_W-1:0] : FULL_TIMER_I[TIMER_W-1:0];
    end else if (timer_reg != 0) begin
      timer_reg <= timer_reg - 1'b1;
    end
    if (rst) begin
      fold_reg   <= {FOLD_W{1'b0}};
      group_reg  <= {GROUP_W{1'b0}};
      credit_reg <= DEPTH[CREDIT_W-1:0];
      timer_reg  <= {TIMER_W{1'b0}};
      phase_reg  <= {PHASE_W{1'b0}};
    end
  end

endmodule

`resetall
