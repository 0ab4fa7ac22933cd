// SPDX-License-Identifier: Apache-2.0

/*
 * hd_pool_stream: max or average pooling where windows do not overlap (stride >= kernel), global pooling included.
 *
 * Function    MODE 0: y = clamp(max x), padding left out. MODE 1: y = clamp(ZERO_POINT + rne(sum(x - ZERO_POINT) / n)),
 *             rne to the nearest, ties to even, exactly; n = KERNEL_H * KERNEL_W where COUNT_INCLUDE_PAD (padding then
 *             counts as ZERO_POINT), else the window's positions inside the picture.
 *             A memory of one word per output column and word of a pixel accumulates what arrives; there is no line
 *             buffer. Pixels that belong to no window are taken and dropped. Global pooling: kernel and stride are
 *             the map's height and width.
 *             OUT = (IN + both pads - KERNEL) / STRIDE + 1, rounded down, in each direction; output pixels in raster
 *             order, CHANNELS in words of LANES as at the input. Padding lanes of the output are zero.
 * Latency     an output beat belongs to the input beat of the same word in its window's last pixel inside the picture:
 *             that is taken in cycle n, the output is offered in cycle n+3 (max) or n+8 (average) where none waits.
 * Throughput  an input beat a cycle, also between frames.
 * Stalls      the output buffer holds 16 beats. An input beat that makes an output takes one of 16 credits, an output
 *             beat that is taken in cycle n gives it back in cycle n+1. s_axis_tready is a register: credits are left.
 *             The pipeline itself never stops; the last output leaves without further input.
 * Illegal     STRIDE < KERNEL, a pad >= KERNEL, a window larger than the padded picture; s_axis_tvalid high while rst
 *             is high; CLAMP or ZERO_POINT outside the type.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pool_stream #(
    // 0 max, 1 average
    parameter MODE = 0,
    // rows of the picture, >= 1
    parameter IN_H = 4,
    // columns of the picture, >= 1
    parameter IN_W = 4,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16, input and output
    parameter BITS = 8,
    // 1: channels are signed
    parameter SIGNED = 0,
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
    // rows of padding below, 0..KERNEL_H - 1
    parameter PAD_BOTTOM = 0,
    // columns of padding on the right, 0..KERNEL_W - 1
    parameter PAD_RIGHT = 0,
    // average: 1 divides by the whole window, 0 by the positions inside the picture
    parameter COUNT_INCLUDE_PAD = 0,
    // average: the integer that stands for zero, input and output
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [LANES*BITS-1:0] s_axis_tdata,

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [LANES*BITS-1:0] m_axis_tdata,

    // an input beat is taken in this cycle
    output wire                  status_active
);

    localparam MODE_MAX = 0;
    localparam MODE_AVERAGE = 1;
    localparam TYPE_LO = SIGNED != 0 ? -(1 << (BITS - 1)) : 0;
    localparam TYPE_HI = SIGNED != 0 ? (1 << (BITS - 1)) - 1 : (1 << BITS) - 1;

    generate
        if (MODE != MODE_MAX && MODE != MODE_AVERAGE) begin : gen_illegal_mode
            hd_pool_stream_MODE_must_be_0_max_or_1_average u_illegal ();
        end
        if (IN_H < 1 || IN_W < 1 || CHANNELS < 1 || LANES < 1) begin : gen_illegal_size
            hd_pool_stream_IN_H_IN_W_CHANNELS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_pool_stream_BITS_must_be_1_to_16 u_illegal ();
        end
        if (KERNEL_H < 1 || KERNEL_W < 1) begin : gen_illegal_kernel
            hd_pool_stream_KERNEL_must_be_at_least_1 u_illegal ();
        end
        if (STRIDE_H < KERNEL_H || STRIDE_W < KERNEL_W) begin : gen_illegal_stride
            hd_pool_stream_STRIDE_must_be_at_least_KERNEL u_illegal ();
        end
        if (PAD_TOP < 0 || PAD_TOP >= KERNEL_H || PAD_BOTTOM < 0 || PAD_BOTTOM >= KERNEL_H || PAD_LEFT < 0
            || PAD_LEFT >= KERNEL_W || PAD_RIGHT < 0 || PAD_RIGHT >= KERNEL_W) begin : gen_illegal_pad
            hd_pool_stream_PAD_must_be_less_than_KERNEL u_illegal ();
        end
        if (IN_H + PAD_TOP + PAD_BOTTOM < KERNEL_H || IN_W + PAD_LEFT + PAD_RIGHT < KERNEL_W) begin : gen_illegal_window
            hd_pool_stream_KERNEL_must_fit_the_padded_picture u_illegal ();
        end
        if (CLAMP_LO > CLAMP_HI || CLAMP_LO < TYPE_LO || CLAMP_HI > TYPE_HI) begin : gen_illegal_clamp
            hd_pool_stream_CLAMP_must_be_a_range_of_the_type u_illegal ();
        end
        if (ZERO_POINT < TYPE_LO || ZERO_POINT > TYPE_HI) begin : gen_illegal_zero_point
            hd_pool_stream_ZERO_POINT_must_lie_in_the_type u_illegal ();
        end
    endgenerate

    function integer least(input integer a, input integer b);
        least = a < b ? a : b;
    endfunction

    // positions inside the picture, least (sign 1) or most (sign -1) over the windows of one direction
    function integer extreme_inside(input integer sign, input integer extent, input integer windows,
                                    input integer kernel, input integer stride, input integer pad);
        integer window;
        integer first;
        integer positions;
        begin
            extreme_inside = kernel + 1;
            for (window = 0; window < windows; window = window + 1) begin
                first = window * stride - pad;
                positions = least(first + kernel, extent) - (first < 0 ? 0 : first);
                extreme_inside = least(extreme_inside, sign * positions);
            end
            extreme_inside = sign * extreme_inside;
        end
    endfunction

    localparam OUT_H = (IN_H + PAD_TOP + PAD_BOTTOM - KERNEL_H) / STRIDE_H + 1;
    localparam OUT_W = (IN_W + PAD_LEFT + PAD_RIGHT - KERNEL_W) / STRIDE_W + 1;
    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_WORD = CHANNELS - (WORDS - 1) * LANES;
    localparam DEPTH = OUT_W * WORDS;
    localparam AREA_INSIDE = least(KERNEL_H, IN_H) * least(KERNEL_W, IN_W);
    // Wide enough for the sum, and for the divisor, which counts the padding too where that is asked for.
    localparam SUM_OR_COUNT_BITS = -least(-(BITS + 1 + $clog2(AREA_INSIDE)), -$clog2(KERNEL_H * KERNEL_W + 1));
    localparam ACCUMULATOR_BITS = MODE == MODE_MAX ? BITS : SUM_OR_COUNT_BITS;
    localparam OUTPUT_DEPTH = 16;

    localparam ADDRESS_W = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam ROWS_W = $clog2(KERNEL_H + 1);
    localparam COLUMNS_W = $clog2(KERNEL_W + 1);
    localparam CREDIT_W = $clog2(OUTPUT_DEPTH + 1);

    localparam [31:0] ONE = 1;
    localparam [31:0] ALL_CREDITS = OUTPUT_DEPTH;

    // ---- where the next beat belongs -------------------------------------------------------------------------------

    reg ready_reg;
    wire take = s_axis_tvalid && ready_reg;
    wire in_window;
    wire first_of_window;
    wire last_of_window;
    wire last_word;
    wire [ADDRESS_W-1:0] address;
    wire [ROWS_W-1:0] rows;
    wire [COLUMNS_W-1:0] columns;
    wire emit = take && in_window && last_of_window;

    assign s_axis_tready = ready_reg;
    assign status_active = take;

    hd_pool_walk #(
        .IN_H(IN_H),
        .IN_W(IN_W),
        .OUT_H(OUT_H),
        .OUT_W(OUT_W),
        .WORDS(WORDS),
        .KERNEL_H(KERNEL_H),
        .KERNEL_W(KERNEL_W),
        .STRIDE_H(STRIDE_H),
        .STRIDE_W(STRIDE_W),
        .PAD_TOP(PAD_TOP),
        .PAD_LEFT(PAD_LEFT),
        .COUNT(MODE == MODE_AVERAGE && COUNT_INCLUDE_PAD == 0 ? 1 : 0),
        .ADDRESS_BITS(ADDRESS_W),
        .ROWS_BITS(ROWS_W),
        .COLUMNS_BITS(COLUMNS_W)
    ) u_walk (
        .clk(clk),
        .rst(rst),
        .take(take),
        .in_window(in_window),
        .first_of_window(first_of_window),
        .last_of_window(last_of_window),
        .last_word(last_word),
        .address(address),
        .rows(rows),
        .columns(columns)
    );

    // ---- credits for the output buffer -----------------------------------------------------------------------------

    reg [CREDIT_W-1:0] credit_reg;
    wire give_back = m_axis_tvalid && m_axis_tready;

    always @(posedge clk) begin : count_credits
        if (emit && !give_back) begin
            credit_reg <= credit_reg - ONE[CREDIT_W-1:0];
            ready_reg <= credit_reg != ONE[CREDIT_W-1:0];
        end
        if (give_back && !emit) begin
            credit_reg <= credit_reg + ONE[CREDIT_W-1:0];
            ready_reg <= 1'b1;
        end
        if (rst) begin
            credit_reg <= ALL_CREDITS[CREDIT_W-1:0];
            ready_reg <= 1'b1;
        end
    end

    // ---- read, accumulate, write back ------------------------------------------------------------------------------

    reg [LANES*ACCUMULATOR_BITS-1:0] memory [0:DEPTH-1];
    reg [LANES*ACCUMULATOR_BITS-1:0] read_p1;
    reg [LANES*BITS-1:0] data_p1;
    reg [ADDRESS_W-1:0] address_p1;
    reg first_p1;
    reg emit_p1;
    reg last_word_p1;
    reg valid_p1;

    wire [LANES*ACCUMULATOR_BITS-1:0] before_p1;
    wire [LANES*ACCUMULATOR_BITS-1:0] accumulated_p1;

    reg [LANES*ACCUMULATOR_BITS-1:0] accumulated_p2;
    reg last_word_p2;
    reg emit_p2;

    always @(posedge clk) begin : accumulate
        if (take) begin
            read_p1 <= memory[address];
            data_p1 <= s_axis_tdata;
            address_p1 <= address;
            first_p1 <= first_of_window;
            last_word_p1 <= last_word;
        end
        if (valid_p1) begin
            memory[address_p1] <= accumulated_p1;
            accumulated_p2 <= accumulated_p1;
            last_word_p2 <= last_word_p1;
        end
    end

    always @(posedge clk) begin : accumulate_control
        valid_p1 <= take && in_window;
        emit_p1 <= emit;
        emit_p2 <= emit_p1;
        if (rst) begin
            valid_p1 <= 1'b0;
            emit_p1 <= 1'b0;
            emit_p2 <= 1'b0;
        end
    end

    generate
        // only with one word a pixel can a beat need what the beat just before it is about to write
        if (WORDS == 1) begin : gen_forward
            reg [ADDRESS_W-1:0] address_p2;
            reg valid_p2;
            always @(posedge clk) begin : remember_write
                valid_p2 <= valid_p1;
                address_p2 <= address_p1;
            end
            assign before_p1 = valid_p2 && address_p2 == address_p1 ? accumulated_p2 : read_p1;
        end else begin : gen_no_forward
            assign before_p1 = read_p1;
        end
    endgenerate

    // ---- maximum, or sum and average -------------------------------------------------------------------------------

    wire result_valid;
    wire result_last_word;
    wire [LANES*BITS-1:0] result;

    generate
        if (MODE == MODE_MAX) begin : gen_max
            wire unused_counts = &{1'b0, rows, columns};
            // signed values compare as unsigned ones with the top bit flipped
            localparam [31:0] SIGN = SIGNED != 0 ? 1 << (BITS - 1) : 0;
            localparam [31:0] LO = CLAMP_LO;
            localparam [31:0] HI = CLAMP_HI;
            localparam [BITS-1:0] FLIP = SIGN[BITS-1:0];
            localparam signed [BITS:0] LO_KEY = {1'b0, LO[BITS-1:0] ^ FLIP};
            localparam signed [BITS:0] HI_KEY = {1'b0, HI[BITS-1:0] ^ FLIP};

            reg [LANES*BITS-1:0] largest;
            always @* begin : take_largest
                reg [BITS-1:0] key;
                reg [BITS-1:0] key_before;
                integer lane;
                for (lane = 0; lane < LANES; lane = lane + 1) begin
                    key = data_p1[lane*BITS +: BITS] ^ FLIP;
                    key_before = before_p1[lane*BITS +: BITS] ^ FLIP;
                    largest[lane*BITS +: BITS] = (first_p1 || key > key_before ? key : key_before) ^ FLIP;
                end
            end

            reg [LANES*BITS-1:0] clamped;
            always @* begin : clamp
                // signed and one bit wider, so that no comparison is decided by the type alone
                reg signed [BITS:0] key;
                integer lane;
                for (lane = 0; lane < LANES; lane = lane + 1) begin
                    key = {1'b0, accumulated_p2[lane*BITS +: BITS] ^ FLIP};
                    if (key < LO_KEY) key = LO_KEY;
                    if (key > HI_KEY) key = HI_KEY;
                    clamped[lane*BITS +: BITS] = key[BITS-1:0] ^ FLIP;
                end
            end

            assign accumulated_p1 = largest;
            assign result_valid = emit_p2;
            assign result_last_word = last_word_p2;
            assign result = clamped;
        end else begin : gen_average
            localparam SUM_BITS = ACCUMULATOR_BITS;
            localparam ALL_INSIDE = COUNT_INCLUDE_PAD != 0;
            localparam ROWS_MIN = ALL_INSIDE ? KERNEL_H
                : extreme_inside(1, IN_H, OUT_H, KERNEL_H, STRIDE_H, PAD_TOP);
            localparam ROWS_MAX = ALL_INSIDE ? KERNEL_H
                : extreme_inside(-1, IN_H, OUT_H, KERNEL_H, STRIDE_H, PAD_TOP);
            localparam COLUMNS_MIN = ALL_INSIDE ? KERNEL_W
                : extreme_inside(1, IN_W, OUT_W, KERNEL_W, STRIDE_W, PAD_LEFT);
            localparam COLUMNS_MAX = ALL_INSIDE ? KERNEL_W
                : extreme_inside(-1, IN_W, OUT_W, KERNEL_W, STRIDE_W, PAD_LEFT);
            localparam COUNT_MIN = ROWS_MIN * COLUMNS_MIN;
            localparam COUNT_MAX = ROWS_MAX * COLUMNS_MAX;
            localparam COUNT_W = $clog2(COUNT_MAX + 1);
            localparam [31:0] ZERO = ZERO_POINT;

            reg [LANES*SUM_BITS-1:0] sums;
            always @* begin : add
                reg [BITS:0] difference;
                reg [SUM_BITS-1:0] term;
                integer lane;
                for (lane = 0; lane < LANES; lane = lane + 1) begin
                    difference = {SIGNED != 0 && data_p1[lane*BITS + BITS - 1], data_p1[lane*BITS +: BITS]}
                        - ZERO[BITS:0];
                    term = {SUM_BITS{difference[BITS]}};
                    term[BITS:0] = difference;
                    sums[lane*SUM_BITS +: SUM_BITS] = term
                        + (first_p1 ? {SUM_BITS{1'b0}} : before_p1[lane*SUM_BITS +: SUM_BITS]);
                end
            end

            wire [COUNT_W-1:0] count_p2;
            if (COUNT_MIN == COUNT_MAX) begin : gen_one_count
                wire unused_counts = &{1'b0, rows, columns};
                localparam [31:0] COUNT = COUNT_MAX;
                assign count_p2 = COUNT[COUNT_W-1:0];
            end else begin : gen_counts
                reg [ROWS_W-1:0] rows_p1;
                reg [COLUMNS_W-1:0] columns_p1;
                reg [ROWS_W+COLUMNS_W-1:0] product_p2;
                wire unused_product = &{1'b0, product_p2};
                always @(posedge clk) begin : multiply
                    rows_p1 <= rows;
                    columns_p1 <= columns;
                    product_p2 <= {{COLUMNS_W{1'b0}}, rows_p1} * {{ROWS_W{1'b0}}, columns_p1};
                end
                assign count_p2 = product_p2[COUNT_W-1:0];
            end

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
                .s_valid(emit_p2),
                .s_sum(accumulated_p2),
                .s_count(count_p2),
                .s_side(last_word_p2),
                .m_valid(result_valid),
                .m_data(result),
                .m_side(result_last_word)
            );

            assign accumulated_p1 = sums;
        end
    endgenerate

    // ---- output ----------------------------------------------------------------------------------------------------

    wire [LANES*BITS-1:0] masked;
    wire unused_ready;

    generate
        if (LANES_OF_LAST_WORD == LANES) begin : gen_no_padding
            wire unused_last_word = result_last_word;
            assign masked = result;
        end else begin : gen_padding
            localparam PADDING_BITS = (LANES - LANES_OF_LAST_WORD) * BITS;
            assign masked = {result[LANES*BITS-1 -: PADDING_BITS] & {PADDING_BITS{!result_last_word}},
                result[LANES_OF_LAST_WORD*BITS-1:0]};
        end
    endgenerate

    hd_fifo #(
        .WIDTH(LANES * BITS),
        .DEPTH(OUTPUT_DEPTH)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .s_axis_tvalid(result_valid),
        .s_axis_tready(unused_ready),
        .s_axis_tdata(masked),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
