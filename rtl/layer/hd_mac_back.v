// SPDX-License-Identifier: Apache-2.0
//
// hd_mac_back: what conv, depthwise and dense engines have behind their window: array, requantiser, output stream.
//
// Function    Products of x with the resident weights are summed over a fold (hd_mac_array), held, taken R at a time
//             (hd_serialise), requantised with their channel's parameters (hd_requant) and packed into beats (hd_pack).
// Parameters  of a channel come from PARAM_FILE: one word for each chunk of R results of a pixel, in order; lane l of a
//             word holds, from its low bits up, bias (ACC_BITS), mult (M_BITS), shift (SHIFT_BITS), zw (ZW_BITS).
// Latency     from a fold's last x to its first chunk's beat: CHAIN + 3, hold 1, requantise 6, beat 1, FIFO 1.
// Stall       fold_ok is withheld while the output FIFO cannot take the fold's beats, or the holding register is busy.
// Illegal     see the parts.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_mac_back #(
    parameter integer X_BITS       = 8,
    parameter integer X_SIGNED     = 0,
    parameter integer W_BITS       = 8,
    parameter integer ACC_BITS     = 24,
    // Results of a fold, products of each in a step; channels of the depthwise form or 0.
    parameter integer RESULTS      = 4,
    parameter integer DEPTH        = 3,
    parameter integer CHANNELS     = 0,
    parameter integer CHAIN        = 3,
    parameter integer WEIGHT_STEPS = 4,
    parameter         WEIGHT_FILE  = "",
    // Folds of a group, results in its last fold, groups of a pixel.
    parameter integer FOLDS        = 1,
    parameter integer LAST_RESULTS = 4,
    parameter integer GROUPS       = 1,
    // Requantisers; they divide LANES_OUT, which is a power of two.
    parameter integer R            = 1,
    parameter integer MUL_BITS     = 24,
    parameter integer M_BITS       = 18,
    parameter integer SHIFT_MIN    = 20,
    parameter integer SHIFT_BITS   = 0,
    parameter integer ZW_BITS      = 0,
    parameter integer OUT_BITS     = 8,
    parameter integer ZERO_POINT   = 0,
    parameter integer CLAMP_LO     = 0,
    parameter integer CLAMP_HI     = 255,
    parameter         PARAM_FILE   = "",
    parameter integer LANES_OUT    = 1,
    parameter integer FIFO_DEPTH   = 8,
    // Derived, not to be set: lanes of x.
    parameter integer X_LANES      = (CHANNELS == 0) ? DEPTH : DEPTH * CHANNELS
) (
    input  wire                          clk,
    input  wire                          rst,
    input  wire                          step,
    input  wire                          fold_taken,
    output wire                          fold_ok,
    input  wire                          x_valid,
    input  wire                          x_first,
    input  wire                          x_last,
    input  wire [    X_LANES*X_BITS-1:0] x_data,
    output wire                          m_axis_tvalid,
    input  wire                          m_axis_tready,
    output wire [LANES_OUT*OUT_BITS-1:0] m_axis_tdata
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  localparam integer REQUANT_LATENCY = 6;
  localparam integer SUMS = (CHANNELS == 0) ? 1 : CHANNELS;
  localparam integer MULTIPLIER = (CHANNELS == 0) ? RESULTS : RESULTS / CHANNELS;
  localparam integer SUM_X = (ZW_BITS > 0) ? 1 : 0;
  // The depthwise form has a sum of x for each channel, which goes beside its results; else all results share one.
  localparam integer OWN_SUM = (SUM_X == 1 && CHANNELS != 0) ? 1 : 0;
  localparam integer RESULT_BITS = (OWN_SUM == 1) ? 2 * ACC_BITS : ACC_BITS;
  localparam integer SHIFT_PORT = (SHIFT_BITS < 1) ? 1 : SHIFT_BITS;
  localparam integer ZW_PORT = (ZW_BITS < 1) ? 1 : ZW_BITS;
  localparam integer CHUNKS = GROUPS * ((FOLDS - 1) * ((RESULTS + R - 1) / R) + (LAST_RESULTS + R - 1) / R);
  localparam integer INDEX_W = width_of(CHUNKS - 1);
  localparam integer LANE_BITS = ACC_BITS + M_BITS + SHIFT_BITS + ZW_BITS;
  localparam integer PIXEL_RESULTS = GROUPS * ((FOLDS - 1) * RESULTS + LAST_RESULTS);
  localparam integer LAST_LANES = (PIXEL_RESULTS % R == 0) ? R : PIXEL_RESULTS % R;

  generate
    if (GROUPS > 1 && ((FOLDS - 1) * RESULTS + LAST_RESULTS) % R != 0) begin : gen_illegal_groups
      hd_mac_back_R_must_divide_the_results_of_a_group u_illegal ();
    end
    if (FOLDS > 1 && RESULTS % R != 0) begin : gen_illegal_r
      hd_mac_back_R_must_divide_RESULTS_where_there_are_several_folds u_illegal ();
    end
  endgenerate

  wire acc_valid;
  wire [RESULTS*ACC_BITS-1:0] acc_data;
  wire [SUMS*ACC_BITS-1:0] sum_x_data;

  hd_mac_array #(
      .X_BITS(X_BITS),
      .X_SIGNED(X_SIGNED),
      .W_BITS(W_BITS),
      .ACC_BITS(ACC_BITS),
      .RESULTS(RESULTS),
      .DEPTH(DEPTH),
      .CHANNELS(CHANNELS),
      .CHAIN(CHAIN),
      .SUM_X(SUM_X),
      .WEIGHT_STEPS(WEIGHT_STEPS),
      .WEIGHT_FILE(WEIGHT_FILE)
  ) u_array (
      .clk(clk),
      .rst(rst),
      .step(step),
      .x_valid(x_valid),
      .x_first(x_first),
      .x_last(x_last),
      .x_data(x_data),
      .acc_valid(acc_valid),
      .acc_data(acc_data),
      .sum_x_data(sum_x_data)
  );

  wire [RESULTS*RESULT_BITS-1:0] results;
  wire chunk_valid;
  wire chunk_last;
  wire [R*RESULT_BITS-1:0] chunk_data;
  wire [SUMS*ACC_BITS-1:0] chunk_shared;
  wire [INDEX_W-1:0] next_index;

  hd_fold_credit #(
      .FULL_RESULTS(RESULTS),
      .LAST_RESULTS(LAST_RESULTS),
      .FOLDS(FOLDS),
      .GROUPS(GROUPS),
      .R(R),
      .LANES_OUT(LANES_OUT),
      .DEPTH(FIFO_DEPTH)
  ) u_credit (
      .clk(clk),
      .rst(rst),
      .fold_ok(fold_ok),
      .fold_taken(fold_taken),
      .beat_taken(m_axis_tvalid && m_axis_tready)
  );

  hd_serialise #(
      .BITS(RESULT_BITS),
      .SHARED_BITS(SUMS * ACC_BITS),
      .RESULTS(RESULTS),
      .LAST_RESULTS(LAST_RESULTS),
      .FOLDS(FOLDS),
      .GROUPS(GROUPS),
      .R(R),
      .INDEX_W(INDEX_W)
  ) u_serialise (
      .clk(clk),
      .rst(rst),
      .in_valid(acc_valid),
      .in_data(results),
      .in_shared(sum_x_data),
      .chunk_valid(chunk_valid),
      .chunk_data(chunk_data),
      .chunk_shared(chunk_shared),
      .chunk_last(chunk_last),
      .next_index(next_index)
  );

  // The parameters of the chunk that leaves now were addressed one clock ago.
  wire [R*LANE_BITS-1:0] channel_params;

  hd_rom #(
      .WIDTH (R * LANE_BITS),
      .DEPTH (CHUNKS),
      .ADDR_W(INDEX_W),
      .FILE  (PARAM_FILE)
  ) u_params (
      .clk(clk),
      .rd_en(acc_valid || chunk_valid),
      .rd_addr(next_index),
      .rd_data(channel_params)
  );

  // ---- field by field, lane by lane ----
  wire [R*ACC_BITS-1:0] lane_acc;
  wire [R*ACC_BITS-1:0] lane_sum_x;
  wire [R*ACC_BITS-1:0] lane_bias;
  wire [R*M_BITS-1:0] lane_mult;
  wire [R*SHIFT_PORT-1:0] lane_shift;
  wire [R*ZW_PORT-1:0] lane_zw;

  genvar g_i;
  generate
    if (OWN_SUM == 1) begin : gen_own_sums
      for (g_i = 0; g_i < RESULTS; g_i = g_i + 1) begin : gen_result
        assign results[g_i*RESULT_BITS+:RESULT_BITS] =
            {sum_x_data[(g_i/MULTIPLIER)*ACC_BITS+:ACC_BITS], acc_data[g_i*ACC_BITS+:ACC_BITS]};
      end
    end else begin : gen_acc_only
      assign results = acc_data;
    end
    for (g_i = 0; g_i < R; g_i = g_i + 1) begin : gen_lane
      assign lane_acc[g_i*ACC_BITS+:ACC_BITS] = chunk_data[g_i*RESULT_BITS+:ACC_BITS];
      if (OWN_SUM == 1) begin : gen_own_sum
        assign lane_sum_x[g_i*ACC_BITS+:ACC_BITS] = chunk_data[g_i*RESULT_BITS+ACC_BITS+:ACC_BITS];
      end else begin : gen_shared_sum
        assign lane_sum_x[g_i*ACC_BITS+:ACC_BITS] = chunk_shared[ACC_BITS-1:0];
      end
      assign lane_bias[g_i*ACC_BITS+:ACC_BITS] = channel_params[g_i*LANE_BITS+:ACC_BITS];
      assign lane_mult[g_i*M_BITS+:M_BITS] = channel_params[g_i*LANE_BITS+ACC_BITS+:M_BITS];
      if (SHIFT_BITS > 0) begin : gen_shift
        assign lane_shift[g_i*SHIFT_PORT+:SHIFT_PORT] = channel_params[g_i*LANE_BITS+ACC_BITS+M_BITS+:SHIFT_PORT];
      end else begin : gen_no_shift
        assign lane_shift[g_i] = 1'b0;
      end
      if (ZW_BITS > 0) begin : gen_zw
        assign lane_zw[g_i*ZW_PORT+:ZW_PORT] = channel_params[g_i*LANE_BITS+ACC_BITS+M_BITS+SHIFT_BITS+:ZW_PORT];
      end else begin : gen_no_zw
        assign lane_zw[g_i] = 1'b0;
      end
    end
    if (OWN_SUM == 1 || SUMS > 1) begin : gen_unused_shared
      wire unused_shared = &{1'b0, chunk_shared};
    end
  endgenerate

  wire out_valid;
  wire [R*OUT_BITS-1:0] out_data;
  reg [REQUANT_LATENCY-1:0] last_pipe;

  always @(posedge clk) last_pipe <= {last_pipe[REQUANT_LATENCY-2:0], chunk_last};

  hd_requant #(
      .LANES(R),
      .ACC_BITS(ACC_BITS),
      .MUL_BITS(MUL_BITS),
      .M_BITS(M_BITS),
      .SHIFT_MIN(SHIFT_MIN),
      .SHIFT_BITS(SHIFT_BITS),
      .ZW_BITS(ZW_BITS),
      .OUT_BITS(OUT_BITS),
      .ZERO_POINT(ZERO_POINT),
      .CLAMP_LO(CLAMP_LO),
      .CLAMP_HI(CLAMP_HI)
  ) u_requant (
      .clk(clk),
      .rst(rst),
      .in_valid(chunk_valid),
      .in_acc(lane_acc),
      .in_sum_x(lane_sum_x),
      .in_bias(lane_bias),
      .in_mult(lane_mult),
      .in_shift(lane_shift),
      .in_zw(lane_zw),
      .out_valid(out_valid),
      .out_data(out_data)
  );

  hd_pack #(
      .BITS(OUT_BITS),
      .R(R),
      .LANES_OUT(LANES_OUT),
      .LAST_LANES(LAST_LANES),
      .DEPTH(FIFO_DEPTH)
  ) u_pack (
      .clk(clk),
      .rst(rst),
      .chunk_valid(out_valid),
      .chunk_last(last_pipe[REQUANT_LATENCY-1]),
      .chunk_data(out_data),
      .m_axis_tvalid(m_axis_tvalid),
      .m_axis_tready(m_axis_tready),
      .m_axis_tdata(m_axis_tdata)
  );

endmodule

`resetall
