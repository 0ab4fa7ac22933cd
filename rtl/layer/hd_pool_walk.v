// SPDX-License-Identifier: Apache-2.0

/*
 * hd_pool_walk: where each beat of a picture belongs among windows that do not overlap (stride >= kernel).
 *
 * Function    Pixels come in raster order, WORDS beats each. For the next beat: whether its pixel lies in a window,
 *             whether it is the first or the last one of its window inside the picture, and the place of its word in a
 *             memory of WORDS words for each of the OUT_W windows that a row of windows has.
 *             OUT = (IN + both pads - KERNEL) / STRIDE + 1, rounded down, in each direction.
 *             COUNT 1: how many rows and columns of its window lie inside the picture up to this pixel; 0: both are 0.
 * Latency     all outputs belong to the beat that is to come; after `take` to the one behind it.
 * Throughput  a beat a cycle, also between frames.
 * Stalls      waits for take.
 * Illegal     as at hd_pool_stream, which checks it.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pool_walk #(
    // rows of the picture, >= 1
    parameter IN_H = 4,
    // columns of the picture, >= 1
    parameter IN_W = 4,
    // rows of windows, >= 1
    parameter OUT_H = 2,
    // windows of a row, >= 1
    parameter OUT_W = 2,
    // beats of a pixel, >= 1
    parameter WORDS = 1,
    // rows of a window, >= 1
    parameter KERNEL_H = 2,
    // columns of a window, >= 1
    parameter KERNEL_W = 2,
    // rows from window to window, >= KERNEL_H
    parameter STRIDE_H = 2,
    // columns from window to window, >= KERNEL_W
    parameter STRIDE_W = 2,
    // rows of padding above, 0..KERNEL_H - 1
    parameter PAD_TOP = 0,
    // columns of padding on the left, 0..KERNEL_W - 1
    parameter PAD_LEFT = 0,
    // 1: rows and columns are counted
    parameter COUNT = 0,
    // bits of an address, >= $clog2(OUT_W * WORDS), >= 1
    parameter ADDRESS_BITS = 1,
    // bits of the counted rows, >= $clog2(KERNEL_H + 1)
    parameter ROWS_BITS = 2,
    // bits of the counted columns, >= $clog2(KERNEL_W + 1)
    parameter COLUMNS_BITS = 2
) (
    input  wire                    clk,
    input  wire                    rst,

    // the beat is taken in this cycle
    input  wire                    take,

    output wire                    in_window,
    output wire                    first_of_window,
    output wire                    last_of_window,
    // the last beat of its pixel
    output wire                    last_word,
    output wire [ADDRESS_BITS-1:0] address,
    output wire [ROWS_BITS-1:0]    rows,
    output wire [COLUMNS_BITS-1:0] columns
);

    localparam X_W = IN_W > 1 ? $clog2(IN_W) : 1;
    localparam Y_W = IN_H > 1 ? $clog2(IN_H) : 1;
    localparam PHASE_X_W = STRIDE_W > 1 ? $clog2(STRIDE_W) : 1;
    localparam PHASE_Y_W = STRIDE_H > 1 ? $clog2(STRIDE_H) : 1;
    localparam WINDOW_Y_W = OUT_H > 1 ? $clog2(OUT_H) : 1;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;

    localparam [31:0] ONE = 1;
    localparam [31:0] LAST_X = IN_W - 1;
    localparam [31:0] LAST_Y = IN_H - 1;
    localparam [31:0] FIRST_PHASE_X = PAD_LEFT;
    localparam [31:0] FIRST_PHASE_Y = PAD_TOP;
    localparam [31:0] LAST_PHASE_X = STRIDE_W - 1;
    localparam [31:0] LAST_PHASE_Y = STRIDE_H - 1;
    localparam [31:0] LAST_KERNEL_X = KERNEL_W - 1;
    localparam [31:0] LAST_KERNEL_Y = KERNEL_H - 1;
    localparam [31:0] LAST_WINDOW_Y = OUT_H - 1;
    localparam [31:0] LAST_WINDOW_BASE = (OUT_W - 1) * WORDS;
    localparam [31:0] LAST_WORD = WORDS - 1;

    reg [WORD_W-1:0] word_reg;
    reg [X_W-1:0] x_reg;
    reg [Y_W-1:0] y_reg;
    // place in the stride, from the window's first row or column (padding included)
    reg [PHASE_X_W-1:0] phase_x_reg;
    reg [PHASE_Y_W-1:0] phase_y_reg;
    // inside a window: not in a gap between windows, not beyond the last
    reg open_x_reg;
    reg open_y_reg;
    reg [WINDOW_Y_W-1:0] window_y_reg;
    // memory address of the window's first word, and of this word
    reg [ADDRESS_BITS-1:0] base_reg;
    reg [ADDRESS_BITS-1:0] address_reg;

    assign last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire last_x = IN_W == 1 || x_reg == LAST_X[X_W-1:0];
    wire last_y = IN_H == 1 || y_reg == LAST_Y[Y_W-1:0];
    wire wrap_x = STRIDE_W == 1 || phase_x_reg == LAST_PHASE_X[PHASE_X_W-1:0];
    wire wrap_y = STRIDE_H == 1 || phase_y_reg == LAST_PHASE_Y[PHASE_Y_W-1:0];
    wire end_x = phase_x_reg == LAST_KERNEL_X[PHASE_X_W-1:0];
    wire end_y = phase_y_reg == LAST_KERNEL_Y[PHASE_Y_W-1:0];
    wire last_window_x = OUT_W == 1 || base_reg == LAST_WINDOW_BASE[ADDRESS_BITS-1:0];
    wire last_window_y = OUT_H == 1 || window_y_reg == LAST_WINDOW_Y[WINDOW_Y_W-1:0];

    assign in_window = open_x_reg && open_y_reg;
    wire first_x = phase_x_reg == {PHASE_X_W{1'b0}} || x_reg == {X_W{1'b0}};
    wire first_y = phase_y_reg == {PHASE_Y_W{1'b0}} || y_reg == {Y_W{1'b0}};
    assign first_of_window = first_x && first_y;
    assign last_of_window = (end_x || last_x) && (end_y || last_y);
    assign address = address_reg;

    always @(posedge clk) begin : walk_columns
        if (take) begin
            word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
            address_reg <= address_reg + ONE[ADDRESS_BITS-1:0];
            if (last_word) begin
                x_reg <= last_x ? {X_W{1'b0}} : x_reg + ONE[X_W-1:0];
                phase_x_reg <= wrap_x ? {PHASE_X_W{1'b0}} : phase_x_reg + ONE[PHASE_X_W-1:0];
                if (wrap_x) open_x_reg <= !last_window_x;
                else if (end_x) open_x_reg <= 1'b0;
                // on to the next window's words, or once more over this one's
                if (wrap_x && !last_window_x) base_reg <= address_reg + ONE[ADDRESS_BITS-1:0];
                else address_reg <= base_reg;
                if (last_x) begin
                    phase_x_reg <= FIRST_PHASE_X[PHASE_X_W-1:0];
                    open_x_reg <= 1'b1;
                    base_reg <= {ADDRESS_BITS{1'b0}};
                    address_reg <= {ADDRESS_BITS{1'b0}};
                end
            end
        end
        if (rst) begin
            word_reg <= {WORD_W{1'b0}};
            x_reg <= {X_W{1'b0}};
            phase_x_reg <= FIRST_PHASE_X[PHASE_X_W-1:0];
            open_x_reg <= 1'b1;
            base_reg <= {ADDRESS_BITS{1'b0}};
            address_reg <= {ADDRESS_BITS{1'b0}};
        end
    end

    always @(posedge clk) begin : walk_rows
        if (take && last_word && last_x) begin
            y_reg <= last_y ? {Y_W{1'b0}} : y_reg + ONE[Y_W-1:0];
            phase_y_reg <= wrap_y ? {PHASE_Y_W{1'b0}} : phase_y_reg + ONE[PHASE_Y_W-1:0];
            if (wrap_y) open_y_reg <= !last_window_y;
            else if (end_y) open_y_reg <= 1'b0;
            if (wrap_y && !last_window_y) window_y_reg <= window_y_reg + ONE[WINDOW_Y_W-1:0];
            if (last_y) begin
                phase_y_reg <= FIRST_PHASE_Y[PHASE_Y_W-1:0];
                open_y_reg <= 1'b1;
                window_y_reg <= {WINDOW_Y_W{1'b0}};
            end
        end
        if (rst) begin
            y_reg <= {Y_W{1'b0}};
            phase_y_reg <= FIRST_PHASE_Y[PHASE_Y_W-1:0];
            open_y_reg <= 1'b1;
            window_y_reg <= {WINDOW_Y_W{1'b0}};
        end
    end

    generate
        if (COUNT != 0) begin : gen_count
            // this pixel included
            reg [ROWS_BITS-1:0] rows_reg;
            reg [COLUMNS_BITS-1:0] columns_reg;
            always @(posedge clk) begin : count_inside
                if (take && last_word) begin
                    columns_reg <= last_x || wrap_x ? ONE[COLUMNS_BITS-1:0] : columns_reg + ONE[COLUMNS_BITS-1:0];
                    if (last_x) rows_reg <= last_y || wrap_y ? ONE[ROWS_BITS-1:0] : rows_reg + ONE[ROWS_BITS-1:0];
                end
                if (rst) begin
                    columns_reg <= ONE[COLUMNS_BITS-1:0];
                    rows_reg <= ONE[ROWS_BITS-1:0];
                end
            end
            assign rows = rows_reg;
            assign columns = columns_reg;
        end else begin : gen_no_count
            assign rows = {ROWS_BITS{1'b0}};
            assign columns = {COLUMNS_BITS{1'b0}};
        end
    endgenerate

endmodule

`resetall
