// SPDX-License-Identifier: Apache-2.0

/*
 * hd_lrn: local response normalisation across the channels of a pixel.
 *
 * Function    v = x - IN_ZERO_POINT; S = sum of v^2 over the channels c - BELOW .. c + ABOVE that there are;
 *             y = clamp(ZERO_POINT + rne(v * m / 2^SHIFT)), rne to the nearest, ties to even, with m from the table: a
 *             sum below 2^(CELL_BITS+1) has the entry S, any other one o * 2^CELL_BITS + (S >> o), where o is the place of its
 *             leading one less CELL_BITS. CHANNELS channels a pixel, LANES a beat. Padding lanes of the output are zero.
 * Latency     15, from the input beat that an output beat needs last: beat w of a pixel of B beats is made by beat
 *             min(w + AHEAD, B - 1), with AHEAD = min(ceil(ABOVE / LANES), B - 1). That is taken in cycle n, the first output
 *             beat that it makes is offered in cycle n+15 when none waits, the AHEAD others of a pixel's last beat in
 *             the cycles after.
 * Throughput  a beat a cycle, no bubbles, pixels and frames behind each other.
 * Stalls      input is taken while fewer than 32 output beats are made and have not left; a beat that leaves in cycle n counts
 *             no more in cycle n+1. s_axis_tready is a register. The pipeline never stops; the last beat leaves without
 *             further input.
 * Table       TABLE_FILE in $readmemh form, TABLE_DEPTH words of M_BITS: m - 2^(M_BITS-1), 0 <= m < 2^M_BITS. One memory
 *             a lane, synchronous read.
 * Illegal     LANES or CHANNELS < 1; IN_BITS outside 1..10; BELOW or ABOVE outside 0..7; CELL_BITS outside 2..10; TABLE_DEPTH
 *             < 1, or less than the largest sum asks for; what hd_requant refuses of M_BITS, SHIFT, ZERO_POINT and CLAMP;
 *             s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_lrn #(
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 4,
    // bits of an input channel, 1..10
    parameter IN_BITS = 8,
    // 1: input channels are signed
    parameter IN_SIGNED = 0,
    // the integer that stands for zero at the input
    parameter IN_ZERO_POINT = 0,
    // neighbours that are summed, on either side, 0..7
    parameter BELOW = 2,
    parameter ABOVE = 2,
    // bits behind the leading one that tell sums apart
    parameter CELL_BITS = 8,
    // words of the table
    parameter TABLE_DEPTH = 3072,
    // path of the table
    parameter TABLE_FILE = "",
    // bits of a multiplier
    parameter M_BITS = 18,
    // 1..47
    parameter SHIFT = 17,
    // bits of an output channel, 1..16
    parameter OUT_BITS = 8,
    // the integer that stands for zero at the output
    parameter ZERO_POINT = 0,
    // least result
    parameter CLAMP_LO = 0,
    // largest result
    parameter CLAMP_HI = 255
) (
    input  wire                      clk,
    input  wire                      rst,

    input  wire                      s_axis_tvalid,
    output wire                      s_axis_tready,
    input  wire [LANES*IN_BITS-1:0]  s_axis_tdata,

    output wire                      m_axis_tvalid,
    input  wire                      m_axis_tready,
    output wire [LANES*OUT_BITS-1:0] m_axis_tdata
);

    generate
        if (LANES < 1 || CHANNELS < 1) begin : gen_illegal_size
            hd_lrn_LANES_and_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (IN_BITS < 1 || IN_BITS > 10) begin : gen_illegal_bits
            hd_lrn_IN_BITS_must_be_1_to_10 u_illegal ();
        end
        if (BELOW < 0 || BELOW > 7 || ABOVE < 0 || ABOVE > 7) begin : gen_illegal_window
            hd_lrn_BELOW_and_ABOVE_must_be_0_to_7 u_illegal ();
        end
        if (CELL_BITS < 2 || CELL_BITS > 10 || TABLE_DEPTH < 1) begin : gen_illegal_table
            hd_lrn_CELL_BITS_must_be_2_to_10_and_TABLE_DEPTH_at_least_1 u_illegal ();
        end
    endgenerate

    function integer least(input integer a, input integer b);
        least = a < b ? a : b;
    endfunction

    localparam BEATS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_BEAT = CHANNELS - (BEATS - 1) * LANES;
    // beats that the window reaches on either side; farther than a pixel there is nothing
    localparam AHEAD = least((ABOVE + LANES - 1) / LANES, BEATS - 1);
    localparam BEHIND = least((BELOW + LANES - 1) / LANES, BEATS - 1);
    localparam WINDOW = (BEHIND + 1 + AHEAD) * LANES;
    localparam SIZE = BELOW + 1 + ABOVE;
    localparam V_BITS = IN_BITS + 1;
    localparam SQUARE_BITS = 2 * IN_BITS;
    localparam SUM_BITS = SQUARE_BITS + $clog2(SIZE + 1);
    // sums of four, then the sum of these
    localparam GROUPS = (SIZE + 3) / 4;
    localparam OCTAVES = SUM_BITS > CELL_BITS + 1 ? SUM_BITS - CELL_BITS - 1 : 0;
    localparam OCTAVE_W = OCTAVES > 0 ? $clog2(OCTAVES + 1) : 1;
    // wide enough for a sum and for the place of any
    localparam CELL_W = -least(-SUM_BITS, -(OCTAVE_W + CELL_BITS + 1));
    localparam ADDRESS_W = TABLE_DEPTH > 1 ? $clog2(TABLE_DEPTH) : 1;
    localparam BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam FLUSH_W = AHEAD > 0 ? $clog2(AHEAD + 1) : 1;
    localparam SPEND_W = $clog2(AHEAD + 2);
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] FIRST_MADE_BY = AHEAD;
    localparam [31:0] MADE_BY_LAST = AHEAD + 1;
    localparam [31:0] ZERO = IN_ZERO_POINT;
    localparam [31:0] ONE = 1;

    // ---- input, differences, squares --------------------------------------------------------------------------------

    reg [BEAT_W-1:0] beat_reg;
    wire room;
    wire take = s_axis_tvalid && room;
    wire last_beat = BEATS == 1 || beat_reg == LAST_BEAT[BEAT_W-1:0];
    wire makes = AHEAD == 0 || beat_reg >= FIRST_MADE_BY[BEAT_W-1:0];

    assign s_axis_tready = room;

    always @(posedge clk) begin : walk_pixel
        if (take) beat_reg <= last_beat ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
        if (rst) beat_reg <= {BEAT_W{1'b0}};
    end

    reg [LANES*V_BITS-1:0] v_p1;
    reg [LANES*V_BITS-1:0] v_p2;
    reg [LANES*SQUARE_BITS-1:0] square_p2;
    reg first_p1, first_p2;

    always @(posedge clk) begin : square
        reg signed [V_BITS-1:0] v;
        reg signed [SQUARE_BITS-1:0] product;
        reg [31:0] lane;
        first_p1 <= beat_reg == {BEAT_W{1'b0}};
        first_p2 <= first_p1;
        v_p2 <= v_p1;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            v = {IN_SIGNED != 0 && s_axis_tdata[lane*IN_BITS + IN_BITS - 1], s_axis_tdata[lane*IN_BITS +: IN_BITS]}
                - ZERO[IN_BITS:0];
            v_p1[lane*V_BITS +: V_BITS] <= last_beat && lane >= LANES_OF_LAST_BEAT ? {V_BITS{1'b0}} : v;
            v = v_p1[lane*V_BITS +: V_BITS];
            product = v * v;
            square_p2[lane*SQUARE_BITS +: SQUARE_BITS] <= product;
        end
    end

    reg valid_p1, valid_p2;
    reg makes_p1, makes_p2, makes_p3;
    reg last_p1, last_p2, last_p3;
    reg [FLUSH_W-1:0] flush_reg;

    always @(posedge clk) begin : control
        valid_p1 <= take;
        makes_p1 <= take && makes;
        last_p1 <= take && last_beat;
        valid_p2 <= valid_p1;
        makes_p2 <= makes_p1;
        last_p2 <= last_p1;
        makes_p3 <= makes_p2;
        last_p3 <= last_p2;
        if (last_p3) flush_reg <= FIRST_MADE_BY[FLUSH_W-1:0];
        else if (flush_reg != {FLUSH_W{1'b0}}) flush_reg <= flush_reg - ONE[FLUSH_W-1:0];
        if (rst) begin
            valid_p1 <= 1'b0;
            makes_p1 <= 1'b0;
            last_p1 <= 1'b0;
            valid_p2 <= 1'b0;
            makes_p2 <= 1'b0;
            last_p2 <= 1'b0;
            makes_p3 <= 1'b0;
            last_p3 <= 1'b0;
            flush_reg <= {FLUSH_W{1'b0}};
        end
    end

    // ---- the window: the channels around a beat, the first one low; what is outside the pixel is zero -----------------
    // A pixel's last AHEAD beats are made from the tail, a copy that zeros are shifted into, while the next pixel's first
    // AHEAD beats, which make nothing yet, come into the window.

    reg [WINDOW*SQUARE_BITS-1:0] window_p3;
    reg [WINDOW*SQUARE_BITS-1:0] tail_p3;
    reg [(AHEAD+1)*LANES*V_BITS-1:0] values_p3;
    reg [(AHEAD+1)*LANES*V_BITS-1:0] tail_values_p3;
    wire flush_p3 = flush_reg != {FLUSH_W{1'b0}};

    always @(posedge clk) begin : slide
        reg [WINDOW*SQUARE_BITS-1:0] squares;
        reg [(AHEAD+1)*LANES*V_BITS-1:0] values;
        squares = first_p2 ? {WINDOW*SQUARE_BITS{1'b0}} : window_p3 >> (LANES * SQUARE_BITS);
        squares[WINDOW*SQUARE_BITS-1 -: LANES*SQUARE_BITS] = square_p2;
        values = values_p3 >> (LANES * V_BITS);
        values[(AHEAD+1)*LANES*V_BITS-1 -: LANES*V_BITS] = v_p2;
        if (valid_p2) begin
            window_p3 <= squares;
            values_p3 <= values;
        end
        tail_p3 <= (last_p3 ? window_p3 : tail_p3) >> (LANES * SQUARE_BITS);
        tail_values_p3 <= (last_p3 ? values_p3 : tail_values_p3) >> (LANES * V_BITS);
    end

    // ---- the sum of squares and its place in the table ----------------------------------------------------------------

    reg [LANES*GROUPS*SUM_BITS-1:0] partial_p4;
    reg [LANES*SUM_BITS-1:0] sum_p5;
    reg [LANES*SUM_BITS-1:0] sum_p6;
    reg [LANES*OCTAVE_W-1:0] octave_p6;
    reg [LANES*CELL_W-1:0] cell_p7;
    reg [LANES*V_BITS-1:0] v_p4, v_p5, v_p6, v_p7, v_p8;

    always @(posedge clk) begin : add_groups
        reg [SUM_BITS-1:0] sum;
        reg [31:0] lane;
        reg [31:0] group;
        reg [31:0] place;
        reg [31:0] from;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            for (group = 0; group < GROUPS; group = group + 1) begin
                sum = {SUM_BITS{1'b0}};
                for (place = 4 * group; place < SIZE && place < 4 * group + 4; place = place + 1) begin
                    // wraps to more than WINDOW where it lies before the window
                    from = BEHIND * LANES + lane + place - BELOW;
                    if (from < WINDOW) begin
                        sum = sum + {{SUM_BITS - SQUARE_BITS{1'b0}}, flush_p3 ? tail_p3[from*SQUARE_BITS +: SQUARE_BITS]
                            : window_p3[from*SQUARE_BITS +: SQUARE_BITS]};
                    end
                end
                partial_p4[(lane*GROUPS+group)*SUM_BITS +: SUM_BITS] <= sum;
            end
        end
        v_p4 <= flush_p3 ? tail_values_p3[LANES*V_BITS-1:0] : values_p3[LANES*V_BITS-1:0];
    end

    always @(posedge clk) begin : find_cell
        reg [SUM_BITS-1:0] sum;
        reg [OCTAVE_W-1:0] octave;
        reg [CELL_W-1:0] base;
        reg [CELL_W-1:0] rest;
        reg [31:0] lane;
        reg [31:0] group;
        reg [31:0] place;
        v_p5 <= v_p4;
        v_p6 <= v_p5;
        v_p7 <= v_p6;
        v_p8 <= v_p7;
        sum_p6 <= sum_p5;
        for (lane = 0; lane < LANES; lane = lane + 1) begin
            sum = {SUM_BITS{1'b0}};
            for (group = 0; group < GROUPS; group = group + 1) begin
                sum = sum + partial_p4[(lane*GROUPS+group)*SUM_BITS +: SUM_BITS];
            end
            sum_p5[lane*SUM_BITS +: SUM_BITS] <= sum;

            octave = {OCTAVE_W{1'b0}};
            for (place = 1; place <= OCTAVES; place = place + 1) begin
                if (sum_p5[lane*SUM_BITS + CELL_BITS + place]) octave = place[OCTAVE_W-1:0];
            end
            octave_p6[lane*OCTAVE_W +: OCTAVE_W] <= octave;

            octave = octave_p6[lane*OCTAVE_W +: OCTAVE_W];
            base = {CELL_W{1'b0}};
            base[CELL_BITS +: OCTAVE_W] = octave;
            rest = {CELL_W{1'b0}};
            rest[SUM_BITS-1:0] = sum_p6[lane*SUM_BITS +: SUM_BITS] >> octave;
            cell_p7[lane*CELL_W +: CELL_W] <= base + rest;
        end
    end

    // ---- the table, one a lane --------------------------------------------------------------------------------------

    wire [LANES*M_BITS-1:0] mult_p8;

    genvar g_lane;
    generate
        for (g_lane = 0; g_lane < LANES; g_lane = g_lane + 1) begin : gen_lane
            wire [CELL_W-1:0] cell_number = cell_p7[g_lane*CELL_W +: CELL_W];
            wire unused_cell = &{1'b0, cell_number};

            hd_rom #(
                .WIDTH(M_BITS),
                .DEPTH(TABLE_DEPTH),
                .ADDR_W(ADDRESS_W),
                .FILE(TABLE_FILE)
            ) u_table (
                .clk(clk),
                .rd_en(1'b1),
                .rd_addr(cell_number[ADDRESS_W-1:0]),
                .rd_data(mult_p8[g_lane*M_BITS +: M_BITS])
            );
        end
    endgenerate

    // ---- round, and out ---------------------------------------------------------------------------------------------

    reg [4:0] valid_pipe_reg;
    always @(posedge clk) valid_pipe_reg <= rst ? 5'b00000 : {valid_pipe_reg[3:0], makes_p3 || flush_p3};

    wire result_valid;
    wire [LANES*OUT_BITS-1:0] result;

    hd_requant #(
        .LANES(LANES),
        .ACC_BITS(V_BITS),
        .MUL_BITS(V_BITS),
        .M_BITS(M_BITS),
        .SHIFT_MIN(SHIFT),
        .SHIFT_BITS(0),
        .ZW_BITS(0),
        .OUT_BITS(OUT_BITS),
        .ZERO_POINT(ZERO_POINT),
        .CLAMP_LO(CLAMP_LO),
        .CLAMP_HI(CLAMP_HI)
    ) u_requant (
        .clk(clk),
        .rst(rst),
        .in_valid(valid_pipe_reg[4]),
        .in_acc(v_p8),
        .in_sum_x({LANES*V_BITS{1'b0}}),
        .in_bias({LANES*V_BITS{1'b0}}),
        .in_mult(mult_p8),
        .in_shift({LANES{1'b0}}),
        .in_zw({LANES{1'b0}}),
        .out_valid(result_valid),
        .out_data(result)
    );

    hd_result_buffer #(
        .LANES(LANES),
        .CHANNELS(CHANNELS),
        .BITS(OUT_BITS),
        .HOLDS(32),
        .MOST(AHEAD + 1)
    ) u_output (
        .clk(clk),
        .rst(rst),
        .ready(room),
        .spend(!(take && makes) ? {SPEND_W{1'b0}} : last_beat ? MADE_BY_LAST[SPEND_W-1:0] : ONE[SPEND_W-1:0]),
        .s_valid(result_valid),
        .s_data(result),
        .m_axis_tvalid(m_axis_tvalid),
        .m_axis_tready(m_axis_tready),
        .m_axis_tdata(m_axis_tdata)
    );

endmodule

`resetall
