// SPDX-License-Identifier: Apache-2.0
//
// hd_mac_array: multiply-accumulate array with its resident weights.
//
// Function    RESULTS dot products of DEPTH products a step, accumulated over the steps of a fold:
//               dense form      (CHANNELS = 0): result r sums x[k] * w[r][k],                 x has DEPTH lanes
//               depthwise form  (CHANNELS > 0): result r sums x[k][r / MULTIPLIER] * w[r][k], x has DEPTH * CHANNELS
//                                               lanes and RESULTS = CHANNELS * MULTIPLIER
//             With SUM_X the sums of x over the same products come along, for weights with a zero point.
//             All sums are modulo 2^ACC_BITS: only the final sum has to fit.
// Structure   the products of one result form chains of CHAIN (a multiply-add each, as DSP blocks cascade them);
//             chain position s gets its operands s clocks late: x by shift registers that all results share,
//             weights by one memory per chain position whose address is delayed. SEGMENTS chains are then added.
// Weights     one word per step, in step order, WEIGHT_STEPS words, read again from the start after the last. The
//             memory of chain position s is loaded from `{WEIGHT_FILE}_{s, two digits}.mem`; its word holds weight
//             (r, k = g * CHAIN + s) at place g * RESULTS + r, zero where k >= DEPTH.
// Latency     acc_valid comes CHAIN + 3 clocks after x_valid (of a last step): x at t, product t+1+s, chain end
//             t+1+CHAIN, segments added t+2+CHAIN, accumulated t+3+CHAIN.
// Throughput  one step a clock; idle clocks between steps do no harm. acc_data is valid in the clock of acc_valid only.
// Loops       count in unsigned registers: Verilator compares signed ones in several instructions a turn.
// Illegal     RESULTS, DEPTH, CHAIN < 1; a depthwise form with RESULTS no multiple of CHANNELS; ACC_BITS below
//             X_BITS + 2; chains of more than 32 bits.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_mac_array #(
    parameter integer X_BITS       = 8,
    parameter integer X_SIGNED     = 0,
    // Weights are signed.
    parameter integer W_BITS       = 8,
    parameter integer ACC_BITS     = 24,
    // Dot products, and products of each in a step.
    parameter integer RESULTS      = 2,
    parameter integer DEPTH        = 3,
    // 0, or the channels of the depthwise form.
    parameter integer CHANNELS     = 0,
    // Products in a chain, 1..DEPTH.
    parameter integer CHAIN        = 2,
    parameter integer SUM_X        = 1,
    // Steps until the weights repeat.
    parameter integer WEIGHT_STEPS = 4,
    parameter         WEIGHT_FILE  = "",
    // Derived, not to be set: lanes of x and number of sums of x.
    parameter integer X_LANES      = (CHANNELS == 0) ? DEPTH : DEPTH * CHANNELS,
    parameter integer SUMS         = (CHANNELS == 0) ? 1 : CHANNELS
) (
    input  wire                        clk,
    input  wire                        rst,
    // The step whose operands come STEP_LEAD = 2 clocks later: weights are fetched ahead.
    input  wire                        step,
    input  wire                        x_valid,
    input  wire                        x_first,
    input  wire                        x_last,
    input  wire [  X_LANES*X_BITS-1:0] x_data,
    output wire                        acc_valid,
    output wire [RESULTS*ACC_BITS-1:0] acc_data,
    output wire [   SUMS*ACC_BITS-1:0] sum_x_data
);

  localparam integer SEGMENTS = (DEPTH + CHAIN - 1) / CHAIN;
  localparam integer MULTIPLIER = (CHANNELS == 0) ? 1 : RESULTS / CHANNELS;

  generate
    if (RESULTS < 1 || DEPTH < 1 || CHAIN < 1 || CHAIN > DEPTH) begin : gen_illegal_size
      hd_mac_array_RESULTS_DEPTH_and_CHAIN_must_be_at_least_1_and_CHAIN_at_most_DEPTH u_illegal ();
    end
    if (CHANNELS != 0 && MULTIPLIER * CHANNELS != RESULTS) begin : gen_illegal_depthwise
      hd_mac_array_RESULTS_must_be_a_multiple_of_CHANNELS u_illegal ();
    end
    if (X_LANES != ((CHANNELS == 0) ? DEPTH : DEPTH * CHANNELS) || SUMS != ((CHANNELS == 0) ? 1 : CHANNELS)) begin : gen_illegal_derived
      hd_mac_array_X_LANES_and_SUMS_are_derived u_illegal ();
    end
  endgenerate

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  // Exact for both signs of x: |x * w| <= 2^(X_BITS + W_BITS - 1).
  localparam integer PRODUCT_W = X_BITS + W_BITS;
  // Chain values are kept in 32 bits, which no chain fills; bits that no sum uses vanish in synthesis.
  localparam integer CHAIN_W = 32;
  localparam integer ADDR_W = width_of(WEIGHT_STEPS - 1);
  localparam integer LAST_STEP_I = WEIGHT_STEPS - 1;
  // Products of a chain position: one for each segment of each result.
  localparam integer PLACES = RESULTS * SEGMENTS;
  // A memory word is read in pieces of 32 bits where weights fill them evenly: single bytes of a wide vector are slow to
  // simulate. Its width is rounded up to whole pieces.
  localparam integer PER_PIECE = (32 % W_BITS == 0) ? 32 / W_BITS : 1;
  localparam integer PIECE_W = PER_PIECE * W_BITS;
  localparam integer PIECES = (PLACES + PER_PIECE - 1) / PER_PIECE;
  localparam integer ROM_W = PIECES * PIECE_W;
  // Segments are added in at least as many bits as chains and accumulators have.
  localparam integer SUM_W = ((ACC_BITS > CHAIN_W) ? ACC_BITS : CHAIN_W) + 1;
  // Arrays of a power of two need no bounds check in simulation.
  localparam integer PLACES_POW = 1 << $clog2(PIECES * PER_PIECE);

  generate
    if (PRODUCT_W + width_of(CHAIN - 1) > CHAIN_W || ACC_BITS < X_BITS + 2) begin : gen_illegal_width
      hd_mac_array_products_must_fit_a_chain_of_32_bits_and_ACC_BITS_must_exceed_X_BITS_by_2 u_illegal ();
    end
  endgenerate

  // Bit s: the operands in x_data were valid s + 1 clocks ago.
  reg [CHAIN+2:0] valid_pipe_reg;

  // ---- when each chain position fetches its weights: s + 1 clocks after the step ----
  reg [ADDR_W-1:0] step_reg;
  reg [(CHAIN+1)*ADDR_W-1:0] address_pipe;
  reg [CHAIN:0] step_pipe;

  always @(posedge clk) begin
    if (step) step_reg <= (step_reg == LAST_STEP_I[ADDR_W-1:0]) ? {ADDR_W{1'b0}} : step_reg + 1'b1;
    if (rst) step_reg <= {ADDR_W{1'b0}};
    address_pipe <= {address_pipe[CHAIN*ADDR_W-1:0], step_reg};
    step_pipe    <= {step_pipe[CHAIN-1:0], step};
  end

  wire unused_tail = &{1'b0, address_pipe[CHAIN*ADDR_W+:ADDR_W], step_pipe[CHAIN]};

  // ---- chain positions: each has a memory, delays its operands, multiplies, and adds to the position before it ----
  genvar g_s;
  generate
    for (g_s = 0; g_s < CHAIN; g_s = g_s + 1) begin : gen_position
      localparam [7:0] TENS = 8'd48 + (g_s / 10) % 10;
      localparam [7:0] ONES = 8'd48 + g_s % 10;
      // Segments that reach this far: products k = g * CHAIN + g_s below DEPTH.
      localparam integer USED = (DEPTH - g_s + CHAIN - 1) / CHAIN;
      localparam integer LANES = USED * SUMS;
      localparam integer LANES_POW = 1 << $clog2(LANES);

      wire [ROM_W-1:0] weights;

      if (WEIGHT_FILE != "") begin : gen_loaded
        hd_rom #(
            .WIDTH(ROM_W),
            .DEPTH(WEIGHT_STEPS),
            .ADDR_W(ADDR_W),
            .FILE({WEIGHT_FILE, "_", TENS, ONES, ".mem"})
        ) u_rom (
            .clk(clk),
            .rd_en(step_pipe[g_s]),
            .rd_addr(address_pipe[g_s*ADDR_W+:ADDR_W]),
            .rd_data(weights)
        );
      end else begin : gen_empty
        hd_rom #(
            .WIDTH(ROM_W),
            .DEPTH(WEIGHT_STEPS),
            .ADDR_W(ADDR_W)
        ) u_rom (
            .clk(clk),
            .rd_en(step_pipe[g_s]),
            .rd_addr(address_pipe[g_s*ADDR_W+:ADDR_W]),
            .rd_data(weights)
        );
      end

      // The lanes of x that this position multiplies, now and g_s clocks late.
      reg  [LANES*X_BITS-1:0] x_now;
      wire [LANES*X_BITS-1:0] x_late;

      always @* begin : pick
        reg [31:0] g;
        for (g = 0; g < USED; g = g + 1)
        x_now[g*SUMS*X_BITS+:SUMS*X_BITS] = x_data[(g*CHAIN+g_s)*SUMS*X_BITS+:SUMS*X_BITS];
      end

      if (g_s == 0) begin : gen_now
        assign x_late = x_now;
      end else if (g_s == 1) begin : gen_next
        reg [LANES*X_BITS-1:0] x_pipe;
        always @(posedge clk) x_pipe <= x_now;
        assign x_late = x_pipe;
      end else begin : gen_later
        reg [g_s*LANES*X_BITS-1:0] x_pipe;
        always @(posedge clk) x_pipe <= {x_pipe[(g_s-1)*LANES*X_BITS-1:0], x_now};
        assign x_late = x_pipe[(g_s-1)*LANES*X_BITS+:LANES*X_BITS];
      end

      // Registers move with valid operands only; what stands in them otherwise is never used.
      wire valid_late;
      if (g_s == 0) begin : gen_valid_now
        assign valid_late = x_valid;
      end else begin : gen_valid_later
        assign valid_late = valid_pipe_reg[g_s-1];
      end

      reg  [PLACES*CHAIN_W-1:0] chain_reg;
      wire [PLACES*CHAIN_W-1:0] chain_before;

      if (g_s == 0) begin : gen_first
        assign chain_before = {PLACES * CHAIN_W{1'b0}};
      end else begin : gen_after
        assign chain_before = gen_position[g_s-1].chain_reg;
      end

      always @(posedge clk) begin : mac
        reg [31:0] piece;
        reg [31:0] part;
        reg [31:0] lane;
        reg [31:0] r;
        reg [31:0] g;
        reg [31:0] at;
        reg [PIECE_W-1:0] word;
        reg signed [X_BITS:0] x[0:LANES_POW-1];
        reg signed [X_BITS:0] factor;
        reg signed [W_BITS-1:0] w[0:PLACES_POW-1];
        reg signed [PRODUCT_W-1:0] product[0:PLACES_POW-1];
        if (valid_pipe_reg[g_s]) begin
          for (at = 0; at < PLACES; at = at + 1) begin
            chain_reg[at*CHAIN_W+:CHAIN_W] <= chain_before[at*CHAIN_W+:CHAIN_W]
                + {{CHAIN_W - PRODUCT_W{product[at][PRODUCT_W-1]}}, product[at]};
          end
        end
        if (valid_late) begin
          for (lane = 0; lane < LANES; lane = lane + 1)
          x[lane] = $signed({X_SIGNED != 0 && x_late[lane*X_BITS+X_BITS-1], x_late[lane*X_BITS+:X_BITS]});
          for (piece = 0; piece < PIECES; piece = piece + 1) begin
            word = weights[piece*PIECE_W+:PIECE_W];
            for (part = 0; part < PER_PIECE; part = part + 1) w[piece*PER_PIECE+part] = word[part*W_BITS+:W_BITS];
          end
          for (g = 0; g < USED; g = g + 1) begin
            factor = x[g*SUMS];
            for (r = 0; r < RESULTS; r = r + 1) begin
              if (CHANNELS != 0) factor = x[g*SUMS+r/MULTIPLIER];
              product[g*RESULTS+r] = factor * w[g*RESULTS+r];
            end
          end
          for (at = USED * RESULTS; at < PLACES; at = at + 1) product[at] = {PRODUCT_W{1'b0}};
        end
      end

      // The sums of x alone, in step with the products.
      if (SUM_X != 0) begin : gen_sum_x
        reg  [SUMS*ACC_BITS-1:0] part_reg;
        reg  [SUMS*ACC_BITS-1:0] sum_reg;
        wire [SUMS*ACC_BITS-1:0] sum_before;
        if (g_s == 0) begin : gen_first
          assign sum_before = {SUMS * ACC_BITS{1'b0}};
        end else begin : gen_after
          assign sum_before = gen_position[g_s-1].gen_sum_x.sum_reg;
        end

        always @(posedge clk) begin : sums
          reg [31:0] c;
          reg [31:0] g;
          reg [X_BITS-1:0] value;
          reg [ACC_BITS-1:0] part;
          for (c = 0; c < SUMS; c = c + 1) begin
            sum_reg[c*ACC_BITS+:ACC_BITS] <= sum_before[c*ACC_BITS+:ACC_BITS] + part_reg[c*ACC_BITS+:ACC_BITS];
            part = {ACC_BITS{1'b0}};
            for (g = 0; g < USED; g = g + 1) begin
              value = x_late[(g*SUMS+c)*X_BITS+:X_BITS];
              part  = part + {{ACC_BITS - X_BITS{X_SIGNED != 0 && value[X_BITS-1]}}, value};
            end
            part_reg[c*ACC_BITS+:ACC_BITS] <= part;
          end
        end
      end
    end
  endgenerate

  // ---- the chains of a result together ----
  wire [PLACES*CHAIN_W-1:0] chain_end = gen_position[CHAIN-1].chain_reg;
  reg [RESULTS*ACC_BITS-1:0] chains_reg;

  always @(posedge clk) begin : segments
    reg [31:0] r;
    reg [31:0] g;
    reg signed [CHAIN_W-1:0] tail;
    reg [SUM_W-1:0] total;
    if (valid_pipe_reg[CHAIN]) begin
      for (r = 0; r < RESULTS; r = r + 1) begin
        total = {SUM_W{1'b0}};
        for (g = 0; g < SEGMENTS; g = g + 1) begin
          tail  = chain_end[(g*RESULTS+r)*CHAIN_W+:CHAIN_W];
          total = total + {{SUM_W - CHAIN_W{tail[CHAIN_W-1]}}, tail};
        end
        chains_reg[r*ACC_BITS+:ACC_BITS] <= total[ACC_BITS-1:0];
      end
    end
  end

  // ---- accumulate over the steps of a fold ----
  reg [CHAIN+2:0] first_pipe;
  reg [CHAIN+2:0] last_pipe;
  wire add = valid_pipe_reg[CHAIN+1];
  wire restart = first_pipe[CHAIN+1];
  reg [RESULTS*ACC_BITS-1:0] acc_reg;

  always @(posedge clk) begin
    valid_pipe_reg <= rst ? {CHAIN + 3{1'b0}} : {valid_pipe_reg[CHAIN+1:0], x_valid};
    first_pipe     <= {first_pipe[CHAIN+1:0], x_first};
    last_pipe      <= {last_pipe[CHAIN+1:0], x_last};
  end

  wire unused_first = first_pipe[CHAIN+2];
  assign acc_valid = valid_pipe_reg[CHAIN+2] && last_pipe[CHAIN+2];
  assign acc_data  = acc_reg;

  always @(posedge clk) begin : accumulate
    reg [31:0] r;
    if (add) begin
      for (r = 0; r < RESULTS; r = r + 1) begin
        acc_reg[r*ACC_BITS+:ACC_BITS] <=
            chains_reg[r*ACC_BITS+:ACC_BITS] + (restart ? {ACC_BITS{1'b0}} : acc_reg[r*ACC_BITS+:ACC_BITS]);
      end
    end
  end

  // ---- the same sums of x alone ----
  generate
    if (SUM_X != 0) begin : gen_sum_x
      reg [SUMS*ACC_BITS-1:0] chains_x_reg;
      reg [SUMS*ACC_BITS-1:0] acc_x_reg;
      assign sum_x_data = acc_x_reg;

      always @(posedge clk) begin : accumulate_x
        reg [31:0] c;
        chains_x_reg <= gen_position[CHAIN-1].gen_sum_x.sum_reg;
        if (add) begin
          for (c = 0; c < SUMS; c = c + 1) begin
            acc_x_reg[c*ACC_BITS+:ACC_BITS] <=
                chains_x_reg[c*ACC_BITS+:ACC_BITS] + (restart ? {ACC_BITS{1'b0}} : acc_x_reg[c*ACC_BITS+:ACC_BITS]);
          end
        end
      end
    end else begin : gen_no_sum_x
      assign sum_x_data = {SUMS * ACC_BITS{1'b0}};
    end
  endgenerate

endmodule

`resetall
