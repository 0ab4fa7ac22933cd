// SPDX-License-Identifier: Apache-2.0

/*
 * hd_row_buffer: rows of pixels that are read several times: what hd_upsample and hd_depth_to_space have inside.
 *
 * Function    each row of WIDTH pixels is read PASSES times, and in each pass every pixel REPEATS times before the next.
 *             SPLIT 0: all IN_BEATS beats of the pixel each time. SPLIT 1: IN_BEATS / (PASSES * REPEATS) beats each
 *             time, the first time of the first pass the first ones, and so on in order.
 * Latency     2: a pixel's last beat is taken in cycle n, its first beat in the first pass is offered in cycle n+2 when
 *             all before has left by cycle n+1. What of the later passes follows needs no further input.
 * Throughput  an output beat a cycle, no bubbles, while pixels are there.
 * Stalls      CAPACITY pixels are held. A pixel is free once the last pass has read its last beat, which is in the
 *             cycle in which the output beat before that one is taken (or later, if it had to wait for data);
 *             s_axis_tready is a register, and high in the cycle after.
 * Memory      one word a beat, one write and one read port, synchronous read (block memory); frames follow each other
 *             without a gap or realignment.
 * Illegal     BITS, WIDTH, IN_BEATS, PASSES or REPEATS < 1; CAPACITY < 2, or < WIDTH + 1 where PASSES > 1; SPLIT 1 where
 *             PASSES * REPEATS does not divide IN_BEATS; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_row_buffer #(
    // bits of a beat, >= 1
    parameter BITS = 8,
    // pixels of a row, >= 1
    parameter WIDTH = 4,
    // beats of an input pixel, >= 1
    parameter IN_BEATS = 1,
    // times that a row is read, >= 1
    parameter PASSES = 2,
    // times that a pixel is read in a pass, >= 1
    parameter REPEATS = 2,
    // 0: the whole pixel each time; 1: another part of it each time
    parameter SPLIT = 0,
    // pixels held
    parameter CAPACITY = 8
) (
    input  wire            clk,
    input  wire            rst,

    input  wire            s_axis_tvalid,
    output wire            s_axis_tready,
    input  wire [BITS-1:0] s_axis_tdata,

    output wire            m_axis_tvalid,
    input  wire            m_axis_tready,
    output wire [BITS-1:0] m_axis_tdata
);

    generate
        if (BITS < 1 || WIDTH < 1 || IN_BEATS < 1 || PASSES < 1 || REPEATS < 1) begin : gen_illegal_size
            hd_row_buffer_BITS_WIDTH_IN_BEATS_PASSES_and_REPEATS_must_be_at_least_1 u_illegal ();
        end
        if (CAPACITY < 2 || (PASSES > 1 && CAPACITY < WIDTH + 1)) begin : gen_illegal_capacity
            hd_row_buffer_CAPACITY_must_exceed_a_row_or_a_pixel_where_PASSES_is_1 u_illegal ();
        end
        if (SPLIT != 0 && IN_BEATS % (PASSES * REPEATS) != 0) begin : gen_illegal_split
            hd_row_buffer_PASSES_times_REPEATS_must_divide_IN_BEATS u_illegal ();
        end
    endgenerate

    localparam OUT_BEATS = SPLIT != 0 ? IN_BEATS / (PASSES * REPEATS) : IN_BEATS;
    localparam DEPTH = CAPACITY * IN_BEATS;
    localparam ADDRESS_W = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam LEVEL_W = $clog2(CAPACITY + 1);
    localparam IN_W = IN_BEATS > 1 ? $clog2(IN_BEATS) : 1;
    localparam OUT_W = OUT_BEATS > 1 ? $clog2(OUT_BEATS) : 1;
    localparam REPEAT_W = REPEATS > 1 ? $clog2(REPEATS) : 1;
    localparam PIXEL_W = WIDTH > 1 ? $clog2(WIDTH) : 1;
    localparam PASS_W = PASSES > 1 ? $clog2(PASSES) : 1;
    localparam [31:0] LAST_IN_BEAT = IN_BEATS - 1;
    localparam [31:0] LAST_OUT_BEAT = OUT_BEATS - 1;
    localparam [31:0] LAST_REPEAT = REPEATS - 1;
    localparam [31:0] LAST_PIXEL = WIDTH - 1;
    localparam [31:0] LAST_PASS = PASSES - 1;
    localparam [31:0] LAST_ADDRESS = DEPTH - 1;
    localparam [31:0] LAST_BASE = DEPTH - IN_BEATS;
    localparam [31:0] PIXEL_STEP = IN_BEATS;
    localparam [31:0] PASS_STEP = SPLIT != 0 ? REPEATS * OUT_BEATS : 0;
    localparam [31:0] FULL = CAPACITY;
    localparam [31:0] ONE = 1;

    // ---- writing ----------------------------------------------------------------------------------------------------

    reg [ADDRESS_W-1:0] write_address_reg;
    reg [IN_W-1:0] in_beat_reg;
    reg ready_reg;

    wire take = s_axis_tvalid && ready_reg;
    wire last_in_beat = IN_BEATS == 1 || in_beat_reg == LAST_IN_BEAT[IN_W-1:0];
    wire complete = take && last_in_beat;

    assign s_axis_tready = ready_reg;

    always @(posedge clk) begin : walk_input
        if (take) begin
            write_address_reg <= write_address_reg == LAST_ADDRESS[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
                : write_address_reg + ONE[ADDRESS_W-1:0];
            in_beat_reg <= last_in_beat ? {IN_W{1'b0}} : in_beat_reg + ONE[IN_W-1:0];
        end
        if (rst) begin
            write_address_reg <= {ADDRESS_W{1'b0}};
            in_beat_reg <= {IN_W{1'b0}};
        end
    end

    // ---- reading ----------------------------------------------------------------------------------------------------

    reg [OUT_W-1:0] out_beat_reg;
    reg [REPEAT_W-1:0] repeat_reg;
    reg [PIXEL_W-1:0] pixel_reg;
    reg [PASS_W-1:0] pass_reg;
    // the word that is read next, the first words of its pixel and of its row, and what a pass adds to them
    reg [ADDRESS_W-1:0] read_address_reg;
    reg [ADDRESS_W-1:0] pixel_base_reg;
    reg [ADDRESS_W-1:0] row_base_reg;
    reg [ADDRESS_W-1:0] pass_offset_reg;
    // pixels that the first pass has not read; pixels that are not free
    reg [LEVEL_W-1:0] fresh_reg;
    reg [LEVEL_W-1:0] held_reg;
    reg valid_reg;

    wire last_out_beat = OUT_BEATS == 1 || out_beat_reg == LAST_OUT_BEAT[OUT_W-1:0];
    wire last_repeat = REPEATS == 1 || repeat_reg == LAST_REPEAT[REPEAT_W-1:0];
    wire last_pixel = WIDTH == 1 || pixel_reg == LAST_PIXEL[PIXEL_W-1:0];
    wire first_pass = PASSES == 1 || pass_reg == {PASS_W{1'b0}};
    wire last_pass = PASSES == 1 || pass_reg == LAST_PASS[PASS_W-1:0];

    wire available = !first_pass || fresh_reg != {LEVEL_W{1'b0}};
    wire output_free = !valid_reg || m_axis_tready;
    wire read = available && output_free;
    wire end_of_time = last_out_beat;
    wire end_of_pixel = end_of_time && last_repeat;
    wire end_of_row = end_of_pixel && last_pixel;

    wire [ADDRESS_W-1:0] next_base = pixel_base_reg == LAST_BASE[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
        : pixel_base_reg + PIXEL_STEP[ADDRESS_W-1:0];
    wire [ADDRESS_W-1:0] next_pass_offset = last_pass ? {ADDRESS_W{1'b0}} : pass_offset_reg + PASS_STEP[ADDRESS_W-1:0];
    // where the next pass starts: the same row, or behind it
    wire [ADDRESS_W-1:0] next_row_base = last_pass ? next_base : row_base_reg;

    assign m_axis_tvalid = valid_reg;

    always @(posedge clk) begin : walk_output
        if (read) begin
            out_beat_reg <= last_out_beat ? {OUT_W{1'b0}} : out_beat_reg + ONE[OUT_W-1:0];
            read_address_reg <= SPLIT == 0 && end_of_time ? pixel_base_reg : read_address_reg + ONE[ADDRESS_W-1:0];
            if (end_of_time) repeat_reg <= last_repeat ? {REPEAT_W{1'b0}} : repeat_reg + ONE[REPEAT_W-1:0];
            if (end_of_pixel) begin
                pixel_reg <= last_pixel ? {PIXEL_W{1'b0}} : pixel_reg + ONE[PIXEL_W-1:0];
                pixel_base_reg <= next_base;
                read_address_reg <= next_base + pass_offset_reg;
            end
            if (end_of_row) begin
                pass_reg <= last_pass ? {PASS_W{1'b0}} : pass_reg + ONE[PASS_W-1:0];
                pass_offset_reg <= next_pass_offset;
                row_base_reg <= next_row_base;
                pixel_base_reg <= next_row_base;
                read_address_reg <= next_row_base + next_pass_offset;
            end
        end
        if (output_free) valid_reg <= available;
        if (rst) begin
            out_beat_reg <= {OUT_W{1'b0}};
            repeat_reg <= {REPEAT_W{1'b0}};
            pixel_reg <= {PIXEL_W{1'b0}};
            pass_reg <= {PASS_W{1'b0}};
            read_address_reg <= {ADDRESS_W{1'b0}};
            pixel_base_reg <= {ADDRESS_W{1'b0}};
            row_base_reg <= {ADDRESS_W{1'b0}};
            pass_offset_reg <= {ADDRESS_W{1'b0}};
            valid_reg <= 1'b0;
        end
    end

    // ---- pixels that are there --------------------------------------------------------------------------------------

    wire used = read && end_of_pixel && first_pass;
    wire freed = read && end_of_pixel && last_pass;
    wire [LEVEL_W-1:0] held_next = complete == freed ? held_reg
        : complete ? held_reg + ONE[LEVEL_W-1:0] : held_reg - ONE[LEVEL_W-1:0];

    always @(posedge clk) begin : count_pixels
        if (complete && !used) fresh_reg <= fresh_reg + ONE[LEVEL_W-1:0];
        if (used && !complete) fresh_reg <= fresh_reg - ONE[LEVEL_W-1:0];
        held_reg <= held_next;
        ready_reg <= held_next != FULL[LEVEL_W-1:0];
        if (rst) begin
            fresh_reg <= {LEVEL_W{1'b0}};
            held_reg <= {LEVEL_W{1'b0}};
            ready_reg <= 1'b1;
        end
    end

    hd_ram_sdp #(
        .WIDTH(BITS),
        .DEPTH(DEPTH),
        .ADDR_W(ADDRESS_W)
    ) u_pixels (
        .clk(clk),
        .wr_en(take),
        .wr_addr(write_address_reg),
        .wr_data(s_axis_tdata),
        .rd_en(read),
        .rd_addr(read_address_reg),
        .rd_data(m_axis_tdata)
    );

endmodule

`resetall
