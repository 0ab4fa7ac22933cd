// SPDX-License-Identifier: Apache-2.0
//
// hd_pool_array: the maximum, or the sum, of a window in CH channels, TAPS positions a step.
//
// Function    MODE 0: max x over the steps of a fold. MODE 1: sum (x - ZERO_POINT) over them, POSITIONS in all.
// Structure   x counts from the type's minimum here (a signed x has its top bit flipped), so that both modes are
//             unsigned: a tree of pairs with a register behind each level, then the accumulator, which starts at
//             -POSITIONS * (ZERO_POINT - minimum): no subtraction for each x. Sums are modulo 2^RESULT_BITS: only the
//             final one has to fit, and does. A node's bits that no sum reaches are constant zeros.
// Latency     result_valid comes ceil(log2(TAPS)) + 1 clocks after x_valid (of a last step).
// Throughput  one step a clock; idle clocks between steps do no harm. result_data is valid in the clock of
//             result_valid only.
// Illegal     MODE not 0 or 1; BITS outside 1..16; CH or TAPS < 1; POSITIONS no multiple of TAPS; RESULT_BITS > 32.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pool_array #(
    // 0 max, 1 sum.
    parameter integer MODE        = 1,
    parameter integer BITS        = 8,
    parameter integer SIGNED      = 0,
    parameter integer ZERO_POINT  = 0,
    parameter integer CH          = 2,
    // Positions taken in a step, and in a fold.
    parameter integer TAPS        = 3,
    parameter integer POSITIONS   = 9,
    // Derived, not to be set: bits of a maximum or of a signed sum.
    parameter integer RESULT_BITS = (MODE == 0) ? BITS : BITS + 1 + $clog2(POSITIONS)
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      x_valid,
    // The first, the last step of a fold.
    input  wire                      x_first,
    input  wire                      x_last,
    // Position-major: position p of channel c at lane p * CH + c.
    input  wire [  TAPS*CH*BITS-1:0] x_data,
    output wire                      result_valid,
    output wire [CH*RESULT_BITS-1:0] result_data
);

  localparam integer MODE_MAX = 0;
  localparam integer LEVELS = $clog2(TAPS);
  localparam integer NODES = (LEVELS + 1) * TAPS * CH;
  localparam integer SIGN_I = (SIGNED != 0) ? 1 << (BITS - 1) : 0;
  localparam integer START_I = (MODE == MODE_MAX) ? 0 : -POSITIONS * (ZERO_POINT + SIGN_I);
  localparam [BITS-1:0] FLIP = SIGN_I[BITS-1:0];
  localparam [RESULT_BITS-1:0] START = START_I[RESULT_BITS-1:0];

  generate
    if (MODE != 0 && MODE != 1) begin : gen_illegal_mode
      hd_pool_array_MODE_must_be_0_max_or_1_sum u_illegal ();
    end
    if (BITS < 1 || BITS > 16 || RESULT_BITS > 32) begin : gen_illegal_bits
      hd_pool_array_BITS_must_be_1_to_16_and_RESULT_BITS_at_most_32 u_illegal ();
    end
    if (CH < 1 || TAPS < 1 || POSITIONS % TAPS != 0) begin : gen_illegal_size
      hd_pool_array_CH_and_TAPS_must_be_at_least_1_and_POSITIONS_a_multiple_of_TAPS u_illegal ();
    end
    if (RESULT_BITS != ((MODE == 0) ? BITS : BITS + 1 + $clog2(POSITIONS))) begin : gen_illegal_derived
      hd_pool_array_RESULT_BITS_is_derived u_illegal ();
    end
  endgenerate

  function [RESULT_BITS-1:0] combine;
    input [RESULT_BITS-1:0] a;
    input [RESULT_BITS-1:0] b;
    begin
      if (MODE == MODE_MAX) combine = (a > b) ? a : b;
      else combine = a + b;
    end
  endfunction

  // ---- control, beside the tree ----
  reg [LEVELS:0] valid_pipe_reg;
  reg [LEVELS:0] first_pipe;
  reg [LEVELS:0] last_pipe;
  wire [LEVELS+1:0] valid_late = {valid_pipe_reg, x_valid};
  wire [LEVELS+1:0] first_late = {first_pipe, x_first};
  wire [LEVELS+1:0] last_late = {last_pipe, x_last};
  wire add = valid_late[LEVELS];
  wire restart = first_late[LEVELS];
  wire unused_first = first_late[LEVELS+1];

  always @(posedge clk) begin
    valid_pipe_reg <= rst ? {LEVELS + 1{1'b0}} : valid_late[LEVELS:0];
    first_pipe     <= first_late[LEVELS:0];
    last_pipe      <= last_late[LEVELS:0];
  end

  // ---- tree and accumulator: in each clock the last level first, so that all move together ----
  reg [CH*RESULT_BITS-1:0] total_reg;

  always @(posedge clk) begin : pool
    reg [31:0] level;
    reg [31:0] node;
    reg [31:0] c;
    // Node n of level l, channel c, at (l * TAPS + n) * CH + c. Level 0 is x itself, no register; level l has
    // ceil(TAPS / 2^l) nodes, of which the last may have one child only.
    reg [RESULT_BITS-1:0] value[0:NODES-1];
    if (|valid_late[LEVELS:0]) begin
      for (node = 0; node < TAPS * CH; node = node + 1) begin
        value[node] = {RESULT_BITS{1'b0}};
        value[node][BITS-1:0] = x_data[node*BITS+:BITS] ^ FLIP;
      end
      if (add) begin
        for (c = 0; c < CH; c = c + 1) begin
          total_reg[c*RESULT_BITS+:RESULT_BITS] <=
              combine(restart ? START : total_reg[c*RESULT_BITS+:RESULT_BITS], value[LEVELS*TAPS*CH+c]);
        end
      end
      for (level = LEVELS; level > 0; level = level - 1) begin
        for (node = 0; node << level < TAPS; node = node + 1) begin
          for (c = 0; c < CH; c = c + 1) begin
            if (((2 * node + 1) << (level - 1)) < TAPS) begin
              value[(level*TAPS+node)*CH+c] =
                  combine(value[((level-1)*TAPS+2*node)*CH+c], value[((level-1)*TAPS+2*node+1)*CH+c]);
            end else begin
              value[(level*TAPS+node)*CH+c] = value[((level-1)*TAPS+2*node)*CH+c];
            end
          end
        end
      end
    end
  end

  assign result_valid = valid_late[LEVELS+1] && last_late[LEVELS+1];

  generate
    if (MODE == MODE_MAX) begin : gen_max
      assign result_data = total_reg ^ {CH{FLIP}};
    end else begin : gen_sum
      assign result_data = total_reg;
    end
  endgenerate

endmodule

`resetall
