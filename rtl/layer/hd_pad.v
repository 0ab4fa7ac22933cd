// SPDX-License-Identifier: Apache-2.0

/*
 * hd_pad: rows and columns of a constant around a map.
 *
 * Function    the map, with PAD_TOP rows above, PAD_BOTTOM below, PAD_LEFT columns on the left and PAD_RIGHT on the
 *             right whose channels all hold PAD_VALUE. Padding lanes of the output are zero.
 *             ceil(CHANNELS / LANES) beats a pixel, in and out.
 * Latency     1: an input beat is taken in cycle n, its output beat is offered in cycle n+1 when all before it has left
 *             by cycle n. The constant beats behind it, up to where the next input beat belongs, follow by themselves;
 *             those in front of a frame begin when its first input beat is taken, in its place.
 * Throughput  an output beat a cycle, no bubbles.
 * Stalls      one output register and one waiting register. s_axis_tready is a register, low while the second is
 *             in use; the cycle in which that beat moves on to the output register, the cycle after takes input again.
 * Illegal     IN_H, IN_W, CHANNELS or LANES < 1, a pad < 0, BITS outside 1..16, PAD_VALUE that BITS do not hold;
 *             s_axis_tvalid high while rst is high; input padding lanes that are not zero (they would be passed on).
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_pad #(
    // rows of the input, >= 1
    parameter IN_H = 4,
    // columns of the input, >= 1
    parameter IN_W = 4,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // channels of a beat, >= 1
    parameter LANES = 1,
    // bits of a channel, 1..16
    parameter BITS = 8,
    // rows above, >= 0
    parameter PAD_TOP = 1,
    // columns on the left, >= 0
    parameter PAD_LEFT = 1,
    // rows below, >= 0
    parameter PAD_BOTTOM = 1,
    // columns on the right, >= 0
    parameter PAD_RIGHT = 1,
    // what is put around, as a signed or unsigned number of BITS
    parameter PAD_VALUE = 0
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [LANES*BITS-1:0] s_axis_tdata,

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [LANES*BITS-1:0] m_axis_tdata
);

    generate
        if (IN_H < 1 || IN_W < 1 || CHANNELS < 1 || LANES < 1) begin : gen_illegal_size
            hd_pad_IN_H_IN_W_CHANNELS_and_LANES_must_be_at_least_1 u_illegal ();
        end
        if (BITS < 1 || BITS > 16) begin : gen_illegal_bits
            hd_pad_BITS_must_be_1_to_16 u_illegal ();
        end
        if (PAD_TOP < 0 || PAD_LEFT < 0 || PAD_BOTTOM < 0 || PAD_RIGHT < 0) begin : gen_illegal_pad
            hd_pad_PAD_must_be_at_least_0 u_illegal ();
        end
        if (PAD_VALUE < -(1 << (BITS - 1)) || PAD_VALUE > (1 << BITS) - 1) begin : gen_illegal_value
            hd_pad_PAD_VALUE_must_fit_BITS u_illegal ();
        end
    endgenerate

    localparam BEATS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_BEAT = CHANNELS - (BEATS - 1) * LANES;
    localparam OUT_H = IN_H + PAD_TOP + PAD_BOTTOM;
    // counted in beats, so that one counter does for columns and beats
    localparam OUT_ROW = (IN_W + PAD_LEFT + PAD_RIGHT) * BEATS;
    localparam ROW_W = $clog2(OUT_H + 1);
    localparam COLUMN_W = $clog2(OUT_ROW + 1);
    localparam BEAT_W = BEATS > 1 ? $clog2(BEATS) : 1;
    localparam [31:0] FIRST_ROW = PAD_TOP;
    localparam [31:0] END_ROW = PAD_TOP + IN_H;
    localparam [31:0] LAST_ROW = OUT_H - 1;
    localparam [31:0] FIRST_COLUMN = PAD_LEFT * BEATS;
    localparam [31:0] END_COLUMN = (PAD_LEFT + IN_W) * BEATS;
    localparam [31:0] LAST_COLUMN = OUT_ROW - 1;
    localparam [31:0] LAST_BEAT = BEATS - 1;
    localparam [31:0] PAD = PAD_VALUE;
    localparam [31:0] ONE = 1;
    // a pixel's last beat of constants, and the others
    localparam [LANES*BITS-1:0] PAD_BEAT = {LANES{PAD[BITS-1:0]}};
    localparam [LANES*BITS-1:0] LAST_PAD_BEAT = PAD_BEAT >> ((LANES - LANES_OF_LAST_BEAT) * BITS);

    // ---- place of the next output beat ------------------------------------------------------------------------------

    reg [ROW_W-1:0] row_reg;
    reg [COLUMN_W-1:0] column_reg;
    reg [BEAT_W-1:0] beat_reg;
    // the place is the first of a frame; the place is inside the map
    reg first_reg;
    reg inside_reg;
    reg ready_reg;
    reg valid_reg;
    reg [LANES*BITS-1:0] waiting_reg;
    reg [LANES*BITS-1:0] output_reg;

    // not ready means that the waiting register holds a beat
    wire offered = s_axis_tvalid || !ready_reg;
    wire output_free = !valid_reg || m_axis_tready;
    wire can_step = offered || !(inside_reg || first_reg);
    wire step = output_free && can_step;
    wire consume = step && inside_reg;

    wire last_beat = BEATS == 1 || beat_reg == LAST_BEAT[BEAT_W-1:0];
    wire last_column = column_reg == LAST_COLUMN[COLUMN_W-1:0];
    wire last_row = row_reg == LAST_ROW[ROW_W-1:0];
    wire [COLUMN_W-1:0] column_next = last_column ? {COLUMN_W{1'b0}} : column_reg + ONE[COLUMN_W-1:0];
    wire [ROW_W-1:0] row_next = !last_column ? row_reg : last_row ? {ROW_W{1'b0}} : row_reg + ONE[ROW_W-1:0];
    wire inside_next = in_range({{32 - ROW_W{1'b0}}, row_next}, FIRST_ROW, END_ROW)
        && in_range({{32 - COLUMN_W{1'b0}}, column_next}, FIRST_COLUMN, END_COLUMN);

    function in_range(input [31:0] value, input [31:0] from, input [31:0] to);
        in_range = value >= from && value < to;
    endfunction

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;
    assign m_axis_tdata = output_reg;

    always @(posedge clk) begin : data
        if (ready_reg) waiting_reg <= s_axis_tdata;
        if (output_free) begin
            output_reg <= !inside_reg ? (last_beat ? LAST_PAD_BEAT : PAD_BEAT) : ready_reg ? s_axis_tdata : waiting_reg;
        end
    end

    always @(posedge clk) begin : control
        if (step) begin
            beat_reg <= last_beat ? {BEAT_W{1'b0}} : beat_reg + ONE[BEAT_W-1:0];
            column_reg <= column_next;
            row_reg <= row_next;
            inside_reg <= inside_next;
            first_reg <= last_column && last_row;
        end
        if (output_free) valid_reg <= can_step;
        if (consume) ready_reg <= 1'b1;
        else if (s_axis_tvalid) ready_reg <= 1'b0;
        if (rst) begin
            beat_reg <= {BEAT_W{1'b0}};
            column_reg <= {COLUMN_W{1'b0}};
            row_reg <= {ROW_W{1'b0}};
            inside_reg <= PAD_TOP == 0 && PAD_LEFT == 0;
            first_reg <= 1'b1;
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
