// SPDX-License-Identifier: Apache-2.0
//
// hd_mac_array: multiply-accumulate array with its resident weights.
//
// Function    RESULTS dot products of DEPTH products a step, accumulated over the steps of a fold:
//               dense form      (CHANNELS = 0): result r sums x[k] * w[r][k],                 x has DEPTH lanes
//               depthwise form  (CHANNELS > 0): result r sums x[k][r / MULTIPLIER] * w[r][k], x has DEPTH * CHANNELS
//                                               lanes and RESULTS = CHANNELS * MULTIPLIER
//             With SUM_X the sums of x over the same products come along, for weights with a zero point.
//             Sums over steps are modulo 2^ACC_BITS: only the final sum has to fit.
// Structure   the products of one result form chains of CHAIN (a multiply-add each, as DSP blocks cascade them);
//             chain position s gets its operands s clocks late: x by shift registers that all results share,
//             weights by one memory per chain position whose address is delayed. SEGMENTS chains are then added.
// Weights     one word per step, in step order, WEIGHT_STEPS words, read again from the start after the last. The
//             memory of chain position s is loaded from `{WEIGHT_FILE}_{s, two digits}.mem`; its word holds weight
//             (r, k = g * CHAIN + s) at place r * SEGMENTS + g, zero where k >= DEPTH.
// Latency     acc_valid comes CHAIN + 3 clocks after x_valid (of a last step): x at t, product t+1+s, chain end
//             t+1+CHAIN, segments added t+2+CHAIN, accumulated t+3+CHAIN.
// Throughput  one step a clock; idle clocks between steps do no harm. acc_data is valid in the clock of acc_valid only.
// Illegal     RESULTS, DEPTH, CHAIN < 1; a depthwise form with RESULTS no multiple of CHANNELS; ACC_BITS not above
//             X_BITS + W_BITS + ceil(log2(CHAIN)).

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
  localparam integer CHAIN_W = PRODUCT_W + width_of(CHAIN - 1);
  localparam integer ADDR_W = width_of(WEIGHT_STEPS - 1);
  localparam integer LAST_STEP_I = WEIGHT_STEPS - 1;
  localparam integer ROM_W = RESULTS * SEGMENTS * W_BITS;

  generate
    if (ACC_BITS <= CHAIN_W) begin : gen_illegal_width
      hd_mac_array_ACC_BITS_must_exceed_the_width_of_a_chain u_illegal ();
    end
  endgenerate

  // ---- weights: chain position s reads s + 1 clocks after the step ----
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

  wire [CHAIN*ROM_W-1:0] weights;

  genvar g_s;
  generate
    for (g_s = 0; g_s < CHAIN; g_s = g_s + 1) begin : gen_weights
      localparam [7:0] TENS = 8'd48 + (g_s / 10) % 10;
      localparam [7:0] ONES = 8'd48 + g_s % 10;
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
            .rd_data(weights[g_s*ROM_W+:ROM_W])
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
            .rd_data(weights[g_s*ROM_W+:ROM_W])
        );
      end
    end
  endgenerate

  // ---- x, delayed by its chain position: lane l belongs to product k = l or l / CHANNELS, position k % CHAIN ----
  reg [CHAIN*X_LANES*X_BITS-1:0] x_pipe;
  wire [(CHAIN+1)*X_LANES*X_BITS-1:0] x_late = {x_pipe, x_data};
  wire unused_x = &{1'b0, x_late[CHAIN*X_LANES*X_BITS+:X_LANES*X_BITS]};

  always @(posedge clk) begin
    x_pipe <= x_late[CHAIN*X_LANES*X_BITS-1:0];
  end

  // ---- products and chains: in each clock the last chain position first, so that all move together ----
  reg [RESULTS*ACC_BITS-1:0] chains_reg;

  always @(posedge clk) begin : mac
    integer r;
    integer g;
    integer s;
    integer at;
    integer lane;
    reg [X_BITS-1:0] x;
    reg signed [W_BITS-1:0] w;
    reg signed [PRODUCT_W-1:0] product[0:RESULTS*SEGMENTS*CHAIN-1];
    reg signed [CHAIN_W-1:0] chain[0:RESULTS*SEGMENTS*CHAIN-1];
    reg signed [CHAIN_W-1:0] tail;
    reg [ACC_BITS-1:0] total;
    for (r = 0; r < RESULTS; r = r + 1) begin
      total = {ACC_BITS{1'b0}};
      for (g = 0; g < SEGMENTS; g = g + 1) begin
        at = (r * SEGMENTS + g) * CHAIN;
        tail = chain[at+CHAIN-1];
        total = total + {{ACC_BITS - CHAIN_W{tail[CHAIN_W-1]}}, tail};
        for (s = CHAIN - 1; s > 0; s = s - 1) begin
          chain[at+s] = chain[at+s-1] + {{CHAIN_W - PRODUCT_W{product[at+s][PRODUCT_W-1]}}, product[at+s]};
        end
        chain[at] = {{CHAIN_W - PRODUCT_W{product[at][PRODUCT_W-1]}}, product[at]};
        for (s = 0; s < CHAIN; s = s + 1) begin
          if (g * CHAIN + s < DEPTH) begin
            lane = (CHANNELS == 0) ? g * CHAIN + s : (g * CHAIN + s) * CHANNELS + r / MULTIPLIER;
            x = x_late[(s*X_LANES+lane)*X_BITS+:X_BITS];
            w = weights[s*ROM_W+(r*SEGMENTS+g)*W_BITS+:W_BITS];
            product[at+s] = $signed({X_SIGNED != 0 && x[X_BITS-1], x}) * w;
          end else begin
            product[at+s] = {PRODUCT_W{1'b0}};
          end
        end
      end
      chains_reg[r*ACC_BITS+:ACC_BITS] <= total;
    end
  end

  // ---- accumulate over the steps of a fold ----
  reg [CHAIN+2:0] valid_pipe_reg;
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
    integer r;
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

      always @(posedge clk) begin : sums
        integer c;
        integer g;
        integer s;
        integer lane;
        reg [X_BITS-1:0] value;
        reg [ACC_BITS-1:0] total;
        reg [ACC_BITS-1:0] late[0:SUMS*SEGMENTS*CHAIN-1];
        reg [ACC_BITS-1:0] sum[0:SUMS*SEGMENTS*CHAIN-1];
        for (c = 0; c < SUMS; c = c + 1) begin
          total = {ACC_BITS{1'b0}};
          for (g = 0; g < SEGMENTS; g = g + 1) begin
            total = total + sum[(c*SEGMENTS+g)*CHAIN+CHAIN-1];
            for (s = CHAIN - 1; s > 0; s = s - 1) begin
              sum[(c*SEGMENTS+g)*CHAIN+s] = sum[(c*SEGMENTS+g)*CHAIN+s-1] + late[(c*SEGMENTS+g)*CHAIN+s];
            end
            sum[(c*SEGMENTS+g)*CHAIN] = late[(c*SEGMENTS+g)*CHAIN];
            for (s = 0; s < CHAIN; s = s + 1) begin
              if (g * CHAIN + s < DEPTH) begin
                lane  = (CHANNELS == 0) ? g * CHAIN + s : (g * CHAIN + s) * CHANNELS + c;
                value = x_late[(s*X_LANES+lane)*X_BITS+:X_BITS];
                late[(c*SEGMENTS+g)*CHAIN+s] = {{ACC_BITS - X_BITS{X_SIGNED != 0 && value[X_BITS-1]}}, value};
              end else begin
                late[(c*SEGMENTS+g)*CHAIN+s] = {ACC_BITS{1'b0}};
              end
            end
          end
          chains_x_reg[c*ACC_BITS+:ACC_BITS] <= total;
          if (add) begin
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
