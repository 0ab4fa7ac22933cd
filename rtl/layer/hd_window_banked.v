// SPDX-License-Identifier: Apache-2.0
//
// hd_window_banked: window memory that is read a kernel column, or a whole kernel, at a time.
//
// Function    A pixel goes to row bank (row mod ROW_BANKS) and column bank (column mod COL_BANKS); rows are counted on
//             through the frames. All kernel rows, and TAPS_W kernel columns, of a step lie in different banks, so
//             each step of hd_window_ctrl reads one slice (SIMD channels) of KERNEL_H x TAPS_W kernel positions.
//             Positions in the padding give PAD_VALUE in every lane that stands for a channel and zero in the others.
//             x_data holds position (row r, column c) at lanes (r * TAPS_W + c) * SIMD and up.
// Latency     x_data is valid two clocks after the step.
// Capacity    ROW_BANKS * BANK_ROWS whole rows; hd_window_ctrl's CAPACITY must be that many pixels.
// Illegal     banks in which two kernel rows or two parallel kernel columns would meet; TAPS_W other than 1 or
//             KERNEL_W; WORD_LANES not a multiple of SIMD.

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_window_banked #(
    parameter integer BITS          = 8,
    // Lanes of a memory word and of a kernel position; WORD_LANES is a multiple of SIMD.
    parameter integer WORD_LANES    = 2,
    parameter integer SIMD          = 2,
    parameter integer PIXEL_WORDS   = 2,
    parameter integer GROUPS_PACKED = 0,
    // Lanes that stand for a channel in the last slice of a tap.
    parameter integer LAST_LANES    = 2,
    // The integer that fills the padding (two's complement in BITS).
    parameter integer PAD_VALUE     = 0,
    // Kernel columns in parallel: 1 or KERNEL_W.
    parameter integer TAPS_W        = 3,
    parameter integer ROW_BANKS     = 3,
    parameter integer COL_BANKS     = 3,
    // Rows in each row bank.
    parameter integer BANK_ROWS     = 1,
    // Picture and window, as in hd_window_ctrl.
    parameter integer IN_H          = 4,
    parameter integer IN_W          = 5,
    parameter integer OUT_H         = 4,
    parameter integer KERNEL_H      = 3,
    parameter integer KERNEL_W      = 3,
    parameter integer STRIDE_H      = 1,
    parameter integer STRIDE_W      = 1,
    parameter integer DILATION_H    = 1,
    parameter integer DILATION_W    = 1,
    parameter integer PAD_TOP       = 1,
    parameter integer PAD_LEFT      = 1
) (
    input  wire                                 clk,
    input  wire                                 rst,
    input  wire                                 word_valid,
    input  wire [          WORD_LANES*BITS-1:0] word_data,
    // High in the clock in which a pixel's last word is written.
    output wire                                 pixel_written,
    input  wire                                 step,
    input  wire [                          2:0] move,
    input  wire                                 slice_last,
    output reg  [KERNEL_H*TAPS_W*SIMD*BITS-1:0] x_data
);

  localparam integer WORD_SLICES = WORD_LANES / SIMD;

  // Greatest common divisor.
  function integer common;
    input integer first;
    input integer second;
    integer rest;
    integer a;
    integer b;
    begin
      a = first;
      b = second;
      while (b != 0) begin
        rest = a % b;
        a = b;
        b = rest;
      end
      common = a;
    end
  endfunction

  generate
    if (WORD_SLICES * SIMD != WORD_LANES) begin : gen_illegal_word
      hd_window_banked_WORD_LANES_must_be_a_multiple_of_SIMD u_illegal ();
    end
    if (TAPS_W != 1 && TAPS_W != KERNEL_W) begin : gen_illegal_taps
      hd_window_banked_TAPS_W_must_be_1_or_KERNEL_W u_illegal ();
    end
    if (ROW_BANKS / common(ROW_BANKS, DILATION_H) < KERNEL_H || BANK_ROWS < 1) begin : gen_illegal_rows
      hd_window_banked_kernel_rows_must_lie_in_different_row_banks u_illegal ();
    end
    if (COL_BANKS / common(COL_BANKS, DILATION_W) < TAPS_W) begin : gen_illegal_columns
      hd_window_banked_kernel_columns_must_lie_in_different_column_banks u_illegal ();
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

  // Floored division and its remainder, for a positive divisor.
  function integer floor_mod;
    input integer value;
    input integer divisor;
    begin
      floor_mod = ((value % divisor) + divisor) % divisor;
    end
  endfunction

  function integer floor_div;
    input integer value;
    input integer divisor;
    begin
      floor_div = (value - floor_mod(value, divisor)) / divisor;
    end
  endfunction

  localparam integer BANK_COLS = (IN_W + COL_BANKS - 1) / COL_BANKS;
  localparam integer ROW_WORDS = BANK_COLS * PIXEL_WORDS;
  localparam integer BANK_WORDS = BANK_ROWS * ROW_WORDS;
  localparam integer ROWS = ROW_BANKS * BANK_ROWS;
  localparam integer BANKS = ROW_BANKS * COL_BANKS;
  localparam integer ADDR_W = width_of(BANK_WORDS - 1);
  localparam integer WORD_W = width_of(PIXEL_WORDS - 1);
  localparam integer SLICE_W = width_of(WORD_SLICES - 1);
  localparam integer ROW_BANK_W = width_of(ROW_BANKS - 1);
  localparam integer COL_BANK_W = width_of(COL_BANKS - 1);
  localparam integer COL_W = width_of(IN_W - 1);
  localparam integer WORD_BITS = WORD_LANES * BITS;
  localparam integer SLICE_BITS = SIMD * BITS;
  localparam integer POS_W =
      width_of(IN_H + IN_W + PAD_TOP + PAD_LEFT + STRIDE_H + STRIDE_W + KERNEL_H * DILATION_H + KERNEL_W * DILATION_W) + 1;

  localparam [2:0] MOVE_TAP_X = 3'd1;
  localparam [2:0] MOVE_FOLD = 3'd3;
  localparam [2:0] MOVE_GROUP = 3'd4;
  localparam [2:0] MOVE_COLUMN = 3'd5;
  localparam [2:0] MOVE_ROW = 3'd6;
  localparam [2:0] MOVE_FRAME = 3'd7;

  localparam integer FRAME_ROWS = floor_mod(IN_H - (OUT_H - 1) * STRIDE_H, ROWS);
  localparam integer STEP_ROWS = STRIDE_H % ROWS;
  localparam integer LAST_COL_I = IN_W - 1;
  localparam integer LAST_WORD_I = PIXEL_WORDS - 1;
  localparam integer LAST_ROW_BANK_I = ROW_BANKS - 1;
  localparam integer LAST_COL_BANK_I = COL_BANKS - 1;
  localparam integer LAST_ROW_BASE_I = (BANK_ROWS - 1) * ROW_WORDS;
  localparam integer ROW_START_I = -PAD_TOP;
  localparam integer COL_START_I = -PAD_LEFT;

  // ---- write side ----
  reg [COL_W-1:0] wr_col_reg;
  reg [WORD_W-1:0] wr_word_reg;
  reg [ROW_BANK_W-1:0] wr_row_bank_reg;
  reg [COL_BANK_W-1:0] wr_col_bank_reg;
  reg [ADDR_W-1:0] wr_row_base_reg;
  reg [ADDR_W-1:0] wr_col_base_reg;
  wire wr_pixel_end = wr_word_reg == LAST_WORD_I[WORD_W-1:0];
  wire wr_row_end = wr_col_reg == LAST_COL_I[COL_W-1:0];
  wire wr_row_bank_end = wr_row_bank_reg == LAST_ROW_BANK_I[ROW_BANK_W-1:0];
  wire wr_col_bank_end = wr_col_bank_reg == LAST_COL_BANK_I[COL_BANK_W-1:0];
  wire [ADDR_W-1:0] wr_word_offset;

  assign pixel_written = word_valid && wr_pixel_end;

  always @(posedge clk) begin
    if (word_valid) wr_word_reg <= wr_pixel_end ? {WORD_W{1'b0}} : wr_word_reg + 1'b1;
    if (pixel_written) begin
      wr_col_reg <= wr_row_end ? {COL_W{1'b0}} : wr_col_reg + 1'b1;
      wr_col_bank_reg <= (wr_row_end || wr_col_bank_end) ? {COL_BANK_W{1'b0}} : wr_col_bank_reg + 1'b1;
      if (wr_row_end) wr_col_base_reg <= {ADDR_W{1'b0}};
      else if (wr_col_bank_end) wr_col_base_reg <= wr_col_base_reg + PIXEL_WORDS[ADDR_W-1:0];
    end
    if (pixel_written && wr_row_end) begin
      wr_row_bank_reg <= wr_row_bank_end ? {ROW_BANK_W{1'b0}} : wr_row_bank_reg + 1'b1;
      if (wr_row_bank_end) begin
        wr_row_base_reg <= (wr_row_base_reg == LAST_ROW_BASE_I[ADDR_W-1:0])
            ? {ADDR_W{1'b0}} : wr_row_base_reg + ROW_WORDS[ADDR_W-1:0];
      end
    end
    if (rst) begin
      wr_word_reg <= {WORD_W{1'b0}};
      wr_col_reg <= {COL_W{1'b0}};
      wr_row_bank_reg <= {ROW_BANK_W{1'b0}};
      wr_col_bank_reg <= {COL_BANK_W{1'b0}};
      wr_row_base_reg <= {ADDR_W{1'b0}};
      wr_col_base_reg <= {ADDR_W{1'b0}};
    end
  end

  // ---- read side: for each kernel row and each parallel kernel column its bank and its address there ----
  reg [KERNEL_H*ROW_BANK_W-1:0] row_bank_reg;
  reg [KERNEL_H*ADDR_W-1:0] row_base_reg;
  reg [TAPS_W*COL_BANK_W-1:0] col_bank_reg;
  reg [TAPS_W*ADDR_W-1:0] col_base_reg;
  // The window's first column, to come back to after sequential kernel columns.
  reg [TAPS_W*COL_BANK_W-1:0] window_col_bank_reg;
  reg [TAPS_W*ADDR_W-1:0] window_col_base_reg;
  reg signed [POS_W-1:0] y_reg;
  reg signed [POS_W-1:0] x_reg;
  reg signed [POS_W-1:0] window_x_reg;

  always @(posedge clk) begin : rows
    integer tap;
    integer slot;
    integer bank;
    integer base;
    if (rst) begin
      for (tap = 0; tap < KERNEL_H; tap = tap + 1) begin
        slot = floor_mod(tap * DILATION_H - PAD_TOP, ROWS);
        bank = slot % ROW_BANKS;
        base = (slot / ROW_BANKS) * ROW_WORDS;
        row_bank_reg[tap*ROW_BANK_W+:ROW_BANK_W] <= bank[ROW_BANK_W-1:0];
        row_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
      end
      y_reg <= ROW_START_I[POS_W-1:0];
    end else if (step && (move == MOVE_ROW || move == MOVE_FRAME)) begin
      for (tap = 0; tap < KERNEL_H; tap = tap + 1) begin
        slot = (move == MOVE_ROW) ? STEP_ROWS : FRAME_ROWS;
        bank = {{32 - ROW_BANK_W{1'b0}}, row_bank_reg[tap*ROW_BANK_W+:ROW_BANK_W]} + slot % ROW_BANKS;
        base = {{32 - ADDR_W{1'b0}}, row_base_reg[tap*ADDR_W+:ADDR_W]} + (slot / ROW_BANKS) * ROW_WORDS;
        if (bank >= ROW_BANKS) begin
          bank = bank - ROW_BANKS;
          base = base + ROW_WORDS;
        end
        if (base >= BANK_WORDS) base = base - BANK_WORDS;
        row_bank_reg[tap*ROW_BANK_W+:ROW_BANK_W] <= bank[ROW_BANK_W-1:0];
        row_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
      end
      y_reg <= (move == MOVE_ROW) ? y_reg + $signed(STRIDE_H[POS_W-1:0]) : ROW_START_I[POS_W-1:0];
    end
  end

  always @(posedge clk) begin : columns
    integer tap;
    integer place;
    integer bank;
    integer base;
    if (rst || (step && (move == MOVE_ROW || move == MOVE_FRAME))) begin
      for (tap = 0; tap < TAPS_W; tap = tap + 1) begin
        place = tap * DILATION_W - PAD_LEFT;
        bank = floor_mod(place, COL_BANKS);
        // Negative in the padding; never read there, and right again, modulo 2^ADDR_W, once inside.
        base = floor_div(place, COL_BANKS) * PIXEL_WORDS;
        col_bank_reg[tap*COL_BANK_W+:COL_BANK_W] <= bank[COL_BANK_W-1:0];
        col_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
        window_col_bank_reg[tap*COL_BANK_W+:COL_BANK_W] <= bank[COL_BANK_W-1:0];
        window_col_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
      end
      x_reg <= COL_START_I[POS_W-1:0];
      window_x_reg <= COL_START_I[POS_W-1:0];
    end else if (step && (move == MOVE_TAP_X || move == MOVE_COLUMN)) begin
      for (tap = 0; tap < TAPS_W; tap = tap + 1) begin
        place = (move == MOVE_COLUMN) ? STRIDE_W : DILATION_W;
        bank = (move == MOVE_COLUMN) ? {{32 - COL_BANK_W{1'b0}}, window_col_bank_reg[tap*COL_BANK_W+:COL_BANK_W]}
             : {{32 - COL_BANK_W{1'b0}}, col_bank_reg[tap*COL_BANK_W+:COL_BANK_W]};
        base = (move == MOVE_COLUMN) ? {{32 - ADDR_W{1'b0}}, window_col_base_reg[tap*ADDR_W+:ADDR_W]}
             : {{32 - ADDR_W{1'b0}}, col_base_reg[tap*ADDR_W+:ADDR_W]};
        bank = bank + place % COL_BANKS;
        base = base + (place / COL_BANKS) * PIXEL_WORDS;
        if (bank >= COL_BANKS) begin
          bank = bank - COL_BANKS;
          base = base + PIXEL_WORDS;
        end
        col_bank_reg[tap*COL_BANK_W+:COL_BANK_W] <= bank[COL_BANK_W-1:0];
        col_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
        if (move == MOVE_COLUMN) begin
          window_col_bank_reg[tap*COL_BANK_W+:COL_BANK_W] <= bank[COL_BANK_W-1:0];
          window_col_base_reg[tap*ADDR_W+:ADDR_W] <= base[ADDR_W-1:0];
        end
      end
      x_reg <= (move == MOVE_COLUMN) ? window_x_reg + $signed(STRIDE_W[POS_W-1:0]) : x_reg + $signed(DILATION_W[POS_W-1:0]);
      if (move == MOVE_COLUMN) window_x_reg <= window_x_reg + $signed(STRIDE_W[POS_W-1:0]);
    end else if (step && (move == MOVE_FOLD || move == MOVE_GROUP)) begin
      col_bank_reg <= window_col_bank_reg;
      col_base_reg <= window_col_base_reg;
      x_reg <= window_x_reg;
    end
  end

  wire [ WORD_W-1:0] word;
  wire [SLICE_W-1:0] slice;

  hd_slice_counter #(
      .WORD_SLICES(WORD_SLICES),
      .PIXEL_WORDS(PIXEL_WORDS),
      .GROUPS_PACKED(GROUPS_PACKED),
      .WORD_W(WORD_W),
      .SLICE_W(SLICE_W)
  ) u_slices (
      .clk(clk),
      .rst(rst),
      .step(step),
      .move(move),
      .word_reg(word),
      .slice_reg(slice)
  );

  // WORD_W <= ADDR_W always, since a bank holds at least one pixel.
  wire [ADDR_W-1:0] word_offset;
  generate
    if (ADDR_W > WORD_W) begin : gen_extend
      assign word_offset = {{ADDR_W - WORD_W{1'b0}}, word};
      assign wr_word_offset = {{ADDR_W - WORD_W{1'b0}}, wr_word_reg};
    end else begin : gen_same
      assign word_offset = word;
      assign wr_word_offset = wr_word_reg;
    end
  endgenerate

  // ---- each bank's read address: that of the kernel row, and of the column, that lies in it ----
  reg [ROW_BANKS*ADDR_W-1:0] bank_row_base;
  reg [COL_BANKS*ADDR_W-1:0] bank_col_base;

  // Nothing is read without a step: no addresses need to be found then.
  always @* begin : bank_addresses
    reg [31:0] tap;
    bank_row_base = {ROW_BANKS * ADDR_W{1'b0}};
    bank_col_base = {COL_BANKS * ADDR_W{1'b0}};
    if (step) begin
      for (tap = 0; tap < KERNEL_H; tap = tap + 1)
      bank_row_base[row_bank_reg[tap*ROW_BANK_W+:ROW_BANK_W]*ADDR_W+:ADDR_W] = row_base_reg[tap*ADDR_W+:ADDR_W];
      for (tap = 0; tap < TAPS_W; tap = tap + 1)
      bank_col_base[col_bank_reg[tap*COL_BANK_W+:COL_BANK_W]*ADDR_W+:ADDR_W] = col_base_reg[tap*ADDR_W+:ADDR_W];
    end
  end

  wire [BANKS*WORD_BITS-1:0] read_words;

  genvar g_row, g_col;
  generate
    for (g_row = 0; g_row < ROW_BANKS; g_row = g_row + 1) begin : gen_row
      for (g_col = 0; g_col < COL_BANKS; g_col = g_col + 1) begin : gen_col
        hd_ram_sdp #(
            .WIDTH (WORD_BITS),
            .DEPTH (BANK_WORDS),
            .ADDR_W(ADDR_W)
        ) u_bank (
            .clk(clk),
            .wr_en(word_valid && wr_row_bank_reg == g_row && wr_col_bank_reg == g_col),
            .wr_addr(wr_row_base_reg + wr_col_base_reg + wr_word_offset),
            .wr_data(word_data),
            .rd_en(step),
            .rd_addr(bank_row_base[g_row*ADDR_W+:ADDR_W] + bank_col_base[g_col*ADDR_W+:ADDR_W] + word_offset),
            .rd_data(read_words[(g_row*COL_BANKS+g_col)*WORD_BITS+:WORD_BITS])
        );
      end
    end
  endgenerate

  // ---- the banks' words back in kernel order, and the padding ----
  reg [KERNEL_H*ROW_BANK_W-1:0] row_bank_p1;
  reg [TAPS_W*COL_BANK_W-1:0] col_bank_p1;
  reg [KERNEL_H-1:0] row_ok_p1;
  reg [TAPS_W-1:0] col_ok_p1;
  reg slice_last_p1;
  reg [SLICE_W-1:0] slice_p1;

  reg step_p1;

  always @(posedge clk) begin : positions
    integer tap;
    step_p1 <= step;
    if (step) begin
      for (tap = 0; tap < KERNEL_H; tap = tap + 1)
      row_ok_p1[tap] <= $signed({{32 - POS_W{y_reg[POS_W-1]}}, y_reg}) + tap * DILATION_H >= 0
          && $signed({{32 - POS_W{y_reg[POS_W-1]}}, y_reg}) + tap * DILATION_H < IN_H;
      for (tap = 0; tap < TAPS_W; tap = tap + 1)
      col_ok_p1[tap] <= $signed({{32 - POS_W{x_reg[POS_W-1]}}, x_reg}) + tap * DILATION_W >= 0
          && $signed({{32 - POS_W{x_reg[POS_W-1]}}, x_reg}) + tap * DILATION_W < IN_W;
      row_bank_p1 <= row_bank_reg;
      col_bank_p1 <= col_bank_reg;
      slice_last_p1 <= slice_last;
      slice_p1 <= slice;
    end
  end

  // What fills the padding: every lane that stands for a channel, in the last slice of a tap and in the others.
  localparam [SLICE_BITS-1:0] PADDING = {SIMD{PAD_VALUE[BITS-1:0]}};
  localparam [SLICE_BITS-1:0] PADDING_LAST = PADDING & ({SLICE_BITS{1'b1}} >> ((SIMD - LAST_LANES) * BITS));

  always @(posedge clk) begin : select
    reg [31:0] r;
    reg [31:0] c;
    reg [31:0] bank;
    reg [BANKS*WORD_BITS-1:0] words;
    reg [SLICE_BITS-1:0] padding;
    reg [KERNEL_H*TAPS_W*SLICE_BITS-1:0] operands;
    if (step_p1) begin
      // Taken out of the loop: a simulator may rebuild the concatenation of all banks in every turn.
      words = read_words;
      padding = slice_last_p1 ? PADDING_LAST : PADDING;
      for (r = 0; r < KERNEL_H; r = r + 1) begin
        for (c = 0; c < TAPS_W; c = c + 1) begin
          bank = row_bank_p1[r*ROW_BANK_W+:ROW_BANK_W] * COL_BANKS
               + {{32 - COL_BANK_W{1'b0}}, col_bank_p1[c*COL_BANK_W+:COL_BANK_W]};
          operands[(r*TAPS_W+c)*SLICE_BITS+:SLICE_BITS] = (row_ok_p1[r] && col_ok_p1[c])
              ? words[bank*WORD_BITS+slice_p1*SLICE_BITS+:SLICE_BITS] : padding;
        end
      end
      x_data <= operands;
    end
  end

endmodule

`resetall
