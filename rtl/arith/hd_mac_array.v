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
  // Products of a chain position: one for each segment of each result; of all positions.
  localparam integer PLACES = RESULTS * SEGMENTS;
  localparam integer PRODUCTS = CHAIN * PLACES;
  // Chain positions that the last segment reaches.
  localparam integer LAST_SEGMENT = DEPTH - (SEGMENTS - 1) * CHAIN;
  // A memory word is read in pieces of 32 bits where weights fill them evenly: single bytes of a wide vector are slow to
  // simulate. Its width is rounded up to whole pieces.
  localparam integer PER_PIECE = (32 % W_BITS == 0) ? 32 / W_BITS : 1;
  localparam integer PIECE_W = PER_PIECE * W_BITS;
  localparam integer PIECES = (PLACES + PER_PIECE - 1) / PER_PIECE;
  localparam integer ROM_W = PIECES * PIECE_W;
  localparam integer WORD_PLACES = PIECES * PER_PIECE;
  // The same for x.
  localparam integer X_PER_PIECE = (32 % X_BITS == 0) ? 32 / X_BITS : 1;
  localparam integer X_PIECE_W = X_PER_PIECE * X_BITS;
  localparam integer X_PIECES = (X_LANES + X_PER_PIECE - 1) / X_PER_PIECE;
  localparam integer LINE_LANES = X_PIECES * X_PER_PIECE;
  // Segments are added in at least as many bits as chains and accumulators have.
  localparam integer SUM_W = ((ACC_BITS > CHAIN_W) ? ACC_BITS : CHAIN_W) + 1;
  // Arrays and vectors of a power of two need no bounds check in simulation.
  localparam integer PRODUCTS_POW = 1 << $clog2(PRODUCTS);
  localparam integer WEIGHTS_POW = 1 << $clog2(CHAIN * WORD_PLACES);
  localparam integer WORDS_POW = 1 << $clog2(CHAIN * ROM_W);
  localparam integer X_POW = 1 << $clog2(X_PIECES * X_PIECE_W);
  localparam integer LINE_POW = 1 << $clog2(CHAIN * LINE_LANES);
  localparam integer RESULTS_POW = 1 << $clog2(RESULTS);

  generate
    if (PRODUCT_W + width_of(CHAIN - 1) > CHAIN_W || ACC_BITS < X_BITS + 2) begin : gen_illegal_width
      hd_mac_array_products_must_fit_a_chain_of_32_bits_and_ACC_BITS_must_exceed_X_BITS_by_2 u_illegal ();
    end
  endgenerate

  // ---- control: bit s of a pipe is s + 1 clocks late ----
  reg [CHAIN-1:0] step_pipe;
  reg [CHAIN+2:0] valid_pipe_reg;
  reg [CHAIN+1:0] first_pipe;
  reg [CHAIN+2:0] last_pipe;
  wire [CHAIN:0] step_late = {step_pipe, step};
  wire [CHAIN+3:0] valid_late = {valid_pipe_reg, x_valid};
  // Weights of some position are fetched; operands, products or chains move. Both stay on from a step's first position
  // to its last, so that a delay in moves is a delay in clocks.
  wire fetch = |step_pipe;
  reg moving_reg;

  always @(posedge clk) begin
    step_pipe      <= step_late[CHAIN-1:0];
    valid_pipe_reg <= rst ? {CHAIN + 3{1'b0}} : valid_late[CHAIN+2:0];
    first_pipe     <= {first_pipe[CHAIN:0], x_first};
    last_pipe      <= {last_pipe[CHAIN+1:0], x_last};
    moving_reg     <= step_pipe[0] || |valid_late[CHAIN-1:0];
  end

  wire unused_late = &{1'b0, step_late[CHAIN], valid_late[CHAIN+3]};

  // ---- weights: the memory of chain position s is read s + 1 clocks after the step ----
  reg [ADDR_W-1:0] step_reg;
  wire [CHAIN*ROM_W-1:0] weights;

  always @(posedge clk) begin
    if (step) step_reg <= (step_reg == LAST_STEP_I[ADDR_W-1:0]) ? {ADDR_W{1'b0}} : step_reg + 1'b1;
    if (rst) step_reg <= {ADDR_W{1'b0}};
  end

  genvar g_s;
  generate
    for (g_s = 0; g_s < CHAIN; g_s = g_s + 1) begin : gen_position
      localparam [7:0] TENS = 8'd48 + (g_s / 10) % 10;
      localparam [7:0] ONES = 8'd48 + g_s % 10;

      reg [ADDR_W-1:0] address_reg;

      if (g_s == 0) begin : gen_first
        always @(posedge clk) address_reg <= step_reg;
      end else begin : gen_after
        always @(posedge clk) if (fetch) address_reg <= gen_position[g_s-1].address_reg;
      end

      if (WEIGHT_FILE != "") begin : gen_loaded
        hd_rom #(
            .WIDTH(ROM_W),
            .DEPTH(WEIGHT_STEPS),
            .ADDR_W(ADDR_W),
            .FILE({WEIGHT_FILE, "_", TENS, ONES, ".mem"})
        ) u_rom (
            .clk(clk),
            .rd_en(fetch),
            .rd_addr(address_reg),
            .rd_data(weights[g_s*ROM_W+:ROM_W])
        );
      end else begin : gen_empty
        hd_rom #(
            .WIDTH(ROM_W),
            .DEPTH(WEIGHT_STEPS),
            .ADDR_W(ADDR_W)
        ) u_rom (
            .clk(clk),
            .rd_en(fetch),
            .rd_addr(address_reg),
            .rd_data(weights[g_s*ROM_W+:ROM_W])
        );
      end
    end
  endgenerate

  // ---- the array: in each clock the last stage first, so that all move together ----
  reg [RESULTS*ACC_BITS-1:0] acc_reg;
  reg [SUMS*ACC_BITS-1:0] acc_x_reg;

  assign acc_valid  = valid_pipe_reg[CHAIN+2] && last_pipe[CHAIN+2];
  assign acc_data   = acc_reg;
  assign sum_x_data = (SUM_X != 0) ? acc_x_reg : {SUMS * ACC_BITS{1'b0}};

  always @(posedge clk) begin : mac
    reg [31:0] s;
    reg [31:0] g;
    reg [31:0] r;
    reg [31:0] c;
    reg [31:0] at;
    reg [31:0] piece;
    reg [31:0] part;
    // Operands: weights of position s at s * WORD_PLACES, x s clocks late at s * LINE_LANES.
    reg [WORDS_POW-1:0] words;
    reg [PIECE_W-1:0] word;
    reg [X_POW-1:0] x_words;
    reg [X_PIECE_W-1:0] x_word;
    reg [X_BITS-1:0] value;
    reg signed [X_BITS:0] factor;
    reg signed [W_BITS-1:0] w[0:WEIGHTS_POW-1];
    reg signed [X_BITS:0] x[0:LINE_POW-1];
    // Products and chains of position s at s * PLACES.
    reg signed [PRODUCT_W-1:0] product[0:PRODUCTS_POW-1];
    reg signed [CHAIN_W-1:0] chain[0:PRODUCTS_POW-1];
    reg [PRODUCT_W-1:0] term;
    reg [CHAIN_W-1:0] tail;
    reg [SUM_W-1:0] total;
    reg [ACC_BITS-1:0] chains[0:RESULTS_POW-1];
    reg [RESULTS*ACC_BITS-1:0] acc;
    // The same sums of x alone, of position s at s * SUMS.
    reg [ACC_BITS-1:0] part_x[0:CHAIN*SUMS-1];
    reg [ACC_BITS-1:0] chain_x[0:CHAIN*SUMS-1];
    reg [ACC_BITS-1:0] chains_x[0:SUMS-1];
    reg [SUMS*ACC_BITS-1:0] acc_x;

    // Accumulate over the steps of a fold.
    if (valid_pipe_reg[CHAIN+1]) begin
      acc = first_pipe[CHAIN+1] ? {RESULTS * ACC_BITS{1'b0}} : acc_reg;
      for (r = 0; r < RESULTS; r = r + 1) acc[r*ACC_BITS+:ACC_BITS] = acc[r*ACC_BITS+:ACC_BITS] + chains[r];
      acc_reg <= acc;
      if (SUM_X != 0) begin
        acc_x = first_pipe[CHAIN+1] ? {SUMS * ACC_BITS{1'b0}} : acc_x_reg;
        for (c = 0; c < SUMS; c = c + 1) acc_x[c*ACC_BITS+:ACC_BITS] = acc_x[c*ACC_BITS+:ACC_BITS] + chains_x[c];
        acc_x_reg <= acc_x;
      end
    end

    // The chains of a result together.
    if (valid_pipe_reg[CHAIN]) begin
      for (r = 0; r < RESULTS; r = r + 1) begin
        total = {SUM_W{1'b0}};
        for (g = 0; g < SEGMENTS; g = g + 1) begin
          tail  = chain[PRODUCTS-PLACES+g*RESULTS+r];
          total = total + {{SUM_W - CHAIN_W{tail[CHAIN_W-1]}}, tail};
        end
        chains[r] = total[ACC_BITS-1:0];
      end
      if (SUM_X != 0) begin
        for (c = 0; c < SUMS; c = c + 1) chains_x[c] = chain_x[(CHAIN-1)*SUMS+c];
      end
    end

    if (moving_reg) begin
      // Each position adds its products to the position before it.
      for (s = CHAIN - 1; s > 0; s = s - 1) begin
        for (at = 0; at < PLACES; at = at + 1) begin
          term = product[s*PLACES+at];
          chain[s*PLACES+at] = chain[(s-1)*PLACES+at] + {{CHAIN_W - PRODUCT_W{term[PRODUCT_W-1]}}, term};
        end
      end
      for (at = 0; at < PLACES; at = at + 1) begin
        term = product[at];
        chain[at] = {{CHAIN_W - PRODUCT_W{term[PRODUCT_W-1]}}, term};
      end
      if (SUM_X != 0) begin
        for (at = CHAIN * SUMS - 1; at >= SUMS; at = at - 1) chain_x[at] = chain_x[at-SUMS] + part_x[at];
        for (c = 0; c < SUMS; c = c + 1) chain_x[c] = part_x[c];
      end

      // Operand s of a chain comes s clocks late.
      for (s = CHAIN - 1; s > 0; s = s - 1) begin
        for (at = 0; at < LINE_LANES; at = at + 1) x[s*LINE_LANES+at] = x[(s-1)*LINE_LANES+at];
      end
      x_words = {{X_POW - X_LANES * X_BITS{1'b0}}, x_data};
      for (piece = 0; piece < X_PIECES; piece = piece + 1) begin
        x_word = x_words[piece*X_PIECE_W+:X_PIECE_W];
        for (part = 0; part < X_PER_PIECE; part = part + 1) begin
          value = x_word[part*X_BITS+:X_BITS];
          x[piece*X_PER_PIECE+part] = {X_SIGNED != 0 && value[X_BITS-1], value};
        end
      end
      words = {{WORDS_POW - CHAIN * ROM_W{1'b0}}, weights};
      for (piece = 0; piece < CHAIN * PIECES; piece = piece + 1) begin
        word = words[piece*PIECE_W+:PIECE_W];
        for (part = 0; part < PER_PIECE; part = part + 1) w[piece*PER_PIECE+part] = word[part*W_BITS+:W_BITS];
      end

      for (s = 0; s < CHAIN; s = s + 1) begin
        for (g = 0; g < SEGMENTS; g = g + 1) begin
          if (g + 1 < SEGMENTS || s < LAST_SEGMENT) begin
            factor = x[s*LINE_LANES+(g*CHAIN+s)*SUMS];
            for (r = 0; r < RESULTS; r = r + 1) begin
              if (CHANNELS != 0) factor = x[s*LINE_LANES+(g*CHAIN+s)*SUMS+r/MULTIPLIER];
              product[s*PLACES+g*RESULTS+r] = factor * w[s*WORD_PLACES+g*RESULTS+r];
            end
          end else begin
            for (r = 0; r < RESULTS; r = r + 1) product[s*PLACES+g*RESULTS+r] = {PRODUCT_W{1'b0}};
          end
        end
      end
      if (SUM_X != 0) begin
        for (s = 0; s < CHAIN; s = s + 1) begin
          for (c = 0; c < SUMS; c = c + 1) begin
            total = {SUM_W{1'b0}};
            for (g = 0; g < SEGMENTS; g = g + 1) begin
              factor = x[s*LINE_LANES+(g*CHAIN+s)*SUMS+c];
              if (g + 1 < SEGMENTS || s < LAST_SEGMENT) total = total + {{SUM_W - X_BITS - 1{factor[X_BITS]}}, factor};
            end
            part_x[s*SUMS+c] = total[ACC_BITS-1:0];
          end
        end
      end
    end
  end

endmodule

`resetall
