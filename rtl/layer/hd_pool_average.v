// SPDX-License-Identifier: Apache-2.0
//
// hd_pool_average: sums of windows become averages: each is divided by the positions that its window counts.
//
// Function    y = clamp(ZERO_POINT + rne(sum / n), CLAMP_LO, CLAMP_HI), exactly (see hd_divide). n is KERNEL_H *
//             KERNEL_W where COUNT_INCLUDE_PAD, else the rows inside the picture times the columns inside of the output
//             position whose chunk it is; positions come in raster order, each ends with chunk_last.
// Structure   where n is not the same everywhere a counter walks over the positions, two ahead of the chunks: the next
//             position but one, then the next one's rows and columns, then this one's product.
// Latency     5: chunk_valid at n, out_valid at n+5, out_last with it.
// Throughput  a chunk a clock; a position may have one chunk only.
// Illegal     a position with no pixel in the picture (it can be, where dilated) unless COUNT_INCLUDE_PAD; see
//             hd_divide.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pool_average #(
    parameter integer LANES             = 1,
    parameter integer SUM_BITS          = 13,
    parameter integer BITS              = 8,
    parameter integer ZERO_POINT        = 0,
    parameter integer CLAMP_LO          = 0,
    parameter integer CLAMP_HI          = 255,
    parameter integer COUNT_INCLUDE_PAD = 0,
    // Picture and window, as in hd_pool.
    parameter integer IN_H              = 4,
    parameter integer IN_W              = 5,
    parameter integer OUT_H             = 4,
    parameter integer OUT_W             = 5,
    parameter integer KERNEL_H          = 3,
    parameter integer KERNEL_W          = 3,
    parameter integer STRIDE_H          = 1,
    parameter integer STRIDE_W          = 1,
    parameter integer DILATION_H        = 1,
    parameter integer DILATION_W        = 1,
    parameter integer PAD_TOP           = 1,
    parameter integer PAD_LEFT          = 1
) (
    input  wire                      clk,
    input  wire                      rst,
    input  wire                      chunk_valid,
    // The last chunk of its position.
    input  wire                      chunk_last,
    input  wire [LANES*SUM_BITS-1:0] chunk_data,
    output wire                      out_valid,
    output wire                      out_last,
    output wire [    LANES*BITS-1:0] out_data
);

  // ceil(log2(n + 1)): bits that hold 0..n.
  function integer width_of;
    input integer n;
    begin
      width_of = 1;
      while ((1 << width_of) <= n) width_of = width_of + 1;
    end
  endfunction

  // Rows (or columns) of a window that lie inside the picture; the window's first one is at `origin`.
  function integer taps_inside;
    input integer origin;
    input integer kernel;
    input integer dilation;
    input integer extent;
    integer tap;
    begin
      taps_inside = 0;
      for (tap = 0; tap < kernel; tap = tap + 1) begin
        if (origin + tap * dilation >= 0 && origin + tap * dilation < extent) taps_inside = taps_inside + 1;
      end
    end
  endfunction

  // The least (sign 1) or the most (sign -1) of that over all windows of one direction. Only as many windows from
  // either end as can touch a border are looked at: those between are whole, like the last of these or the first.
  function integer extreme_inside;
    input integer sign;
    input integer windows;
    input integer kernel;
    input integer stride;
    input integer dilation;
    input integer pad;
    input integer extent;
    integer window;
    integer border;
    begin
      border = (kernel - 1) * dilation / stride + 2;
      if (border > windows) border = windows;
      extreme_inside = kernel + 1;
      for (window = 0; window < border; window = window + 1) begin
        if (sign * taps_inside(window * stride - pad, kernel, dilation, extent) < extreme_inside)
          extreme_inside = sign * taps_inside(window * stride - pad, kernel, dilation, extent);
        if (sign * taps_inside((windows - 1 - window) * stride - pad, kernel, dilation, extent) < extreme_inside)
          extreme_inside = sign * taps_inside((windows - 1 - window) * stride - pad, kernel, dilation, extent);
      end
      extreme_inside = sign * extreme_inside;
    end
  endfunction

  localparam integer ROWS_MIN = (COUNT_INCLUDE_PAD != 0) ? KERNEL_H
      : extreme_inside(1, OUT_H, KERNEL_H, STRIDE_H, DILATION_H, PAD_TOP, IN_H);
  localparam integer ROWS_MAX = (COUNT_INCLUDE_PAD != 0) ? KERNEL_H
      : extreme_inside(-1, OUT_H, KERNEL_H, STRIDE_H, DILATION_H, PAD_TOP, IN_H);
  localparam integer COLS_MIN = (COUNT_INCLUDE_PAD != 0) ? KERNEL_W
      : extreme_inside(1, OUT_W, KERNEL_W, STRIDE_W, DILATION_W, PAD_LEFT, IN_W);
  localparam integer COLS_MAX = (COUNT_INCLUDE_PAD != 0) ? KERNEL_W
      : extreme_inside(-1, OUT_W, KERNEL_W, STRIDE_W, DILATION_W, PAD_LEFT, IN_W);
  localparam integer COUNT_MIN = ROWS_MIN * COLS_MIN;
  localparam integer COUNT_MAX = ROWS_MAX * COLS_MAX;
  localparam integer COUNT_W = $clog2(COUNT_MAX + 1);

  generate
    if (COUNT_MIN < 1) begin : gen_illegal_empty
      hd_pool_average_every_window_must_have_a_pixel_in_the_picture u_illegal ();
    end
  endgenerate

  wire [COUNT_W-1:0] count;

  generate
    if (COUNT_MIN == COUNT_MAX) begin : gen_one_count
      assign count = COUNT_MAX[COUNT_W-1:0];
    end else begin : gen_counts
      localparam integer POS_W = width_of(IN_H + IN_W + PAD_TOP + PAD_LEFT + STRIDE_H * OUT_H + STRIDE_W * OUT_W) + 1;
      localparam integer ROWS_W = width_of(KERNEL_H);
      localparam integer COLS_W = width_of(KERNEL_W);
      // Where the walk stands after a reset: the first position's count, the second's rows and columns, the third.
      localparam integer SECOND_COL = 1 % OUT_W;
      localparam integer SECOND_ROW = (1 / OUT_W) % OUT_H;
      localparam integer THIRD_COL = 2 % OUT_W;
      localparam integer THIRD_ROW = (2 / OUT_W) % OUT_H;
      localparam integer FIRST_COUNT_I = taps_inside(-PAD_TOP, KERNEL_H, DILATION_H, IN_H)
          * taps_inside(-PAD_LEFT, KERNEL_W, DILATION_W, IN_W);
      localparam integer SECOND_ROWS_I = taps_inside(SECOND_ROW * STRIDE_H - PAD_TOP, KERNEL_H, DILATION_H, IN_H);
      localparam integer SECOND_COLS_I = taps_inside(SECOND_COL * STRIDE_W - PAD_LEFT, KERNEL_W, DILATION_W, IN_W);
      localparam integer THIRD_Y_I = THIRD_ROW * STRIDE_H - PAD_TOP;
      localparam integer THIRD_X_I = THIRD_COL * STRIDE_W - PAD_LEFT;
      localparam integer FIRST_Y_I = -PAD_TOP;
      localparam integer FIRST_X_I = -PAD_LEFT;
      localparam integer LAST_Y_I = (OUT_H - 1) * STRIDE_H - PAD_TOP;
      localparam integer LAST_X_I = (OUT_W - 1) * STRIDE_W - PAD_LEFT;

      // The window's first row and column, negative in the padding.
      reg signed [POS_W-1:0] y_reg;
      reg signed [POS_W-1:0] x_reg;
      reg [ROWS_W-1:0] rows_reg;
      reg [COLS_W-1:0] cols_reg;
      reg [ROWS_W+COLS_W-1:0] count_reg;
      wire row_end = x_reg == LAST_X_I[POS_W-1:0];
      wire frame_end = y_reg == LAST_Y_I[POS_W-1:0];
      reg [ROWS_W-1:0] rows_inside;
      reg [COLS_W-1:0] cols_inside;
      wire unused_count = &{1'b0, count_reg};

      always @* begin : look_inside
        integer tap;
        integer y;
        integer x;
        rows_inside = {ROWS_W{1'b0}};
        cols_inside = {COLS_W{1'b0}};
        for (tap = 0; tap < KERNEL_H; tap = tap + 1) begin
          y = $signed({{32 - POS_W{y_reg[POS_W-1]}}, y_reg}) + tap * DILATION_H;
          if (y >= 0 && y < IN_H) rows_inside = rows_inside + 1'b1;
        end
        for (tap = 0; tap < KERNEL_W; tap = tap + 1) begin
          x = $signed({{32 - POS_W{x_reg[POS_W-1]}}, x_reg}) + tap * DILATION_W;
          if (x >= 0 && x < IN_W) cols_inside = cols_inside + 1'b1;
        end
      end

      always @(posedge clk) begin
        if (chunk_valid && chunk_last) begin
          x_reg <= row_end ? FIRST_X_I[POS_W-1:0] : x_reg + $signed(STRIDE_W[POS_W-1:0]);
          if (row_end) y_reg <= frame_end ? FIRST_Y_I[POS_W-1:0] : y_reg + $signed(STRIDE_H[POS_W-1:0]);
          rows_reg  <= rows_inside;
          cols_reg  <= cols_inside;
          count_reg <= {{COLS_W{1'b0}}, rows_reg} * {{ROWS_W{1'b0}}, cols_reg};
        end
        if (rst) begin
          y_reg     <= THIRD_Y_I[POS_W-1:0];
          x_reg     <= THIRD_X_I[POS_W-1:0];
          rows_reg  <= SECOND_ROWS_I[ROWS_W-1:0];
          cols_reg  <= SECOND_COLS_I[COLS_W-1:0];
          count_reg <= FIRST_COUNT_I[ROWS_W+COLS_W-1:0];
        end
      end

      assign count = count_reg[COUNT_W-1:0];
    end
  endgenerate

  hd_divide #(
      .LANES(LANES),
      .SUM_BITS(SUM_BITS),
      .COUNT_MIN(COUNT_MIN),
      .COUNT_MAX(COUNT_MAX),
      .BITS(BITS),
      .ZERO_POINT(ZERO_POINT),
      .CLAMP_LO(CLAMP_LO),
      .CLAMP_HI(CLAMP_HI),
      .SIDE_BITS(1)
  ) u_divide (
      .clk(clk),
      .rst(rst),
      .s_valid(chunk_valid),
      .s_sum(chunk_data),
      .s_count(count),
      .s_side(chunk_last),
      .m_valid(out_valid),
      .m_data(out_data),
      .m_side(out_last)
  );

endmodule

`resetall
