// SPDX-License-Identifier: Apache-2.0

/*
 * hd_lookup: a pointwise function by table.
 *
 * Function    y = table[x], lane by lane, x taken as an unsigned bit pattern (a signed -1 of 8 bits reads entry 255).
 *             Padding lanes of the output are zero, whatever the table holds.
 * Latency     1: a beat taken in cycle n is offered in cycle n+1 when nothing waits.
 * Throughput  a beat a cycle, no bubbles.
 * Stalls      the table's read register is the output; one register holds the beat that arrives as the output begins
 *             to wait. s_axis_tready is a register, low while that one is in use.
 * Table       TABLE_FILE in $readmemh form, 2**IN_BITS words of OUT_BITS; without a file y = x, cut or extended with
 *             zeros to OUT_BITS. One memory a lane, synchronous read.
 * Illegal     IN_BITS or OUT_BITS outside 1..16, LANES or CHANNELS < 1; s_axis_tvalid high while rst is high.
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_lookup #(
    // channels of a beat, >= 1
    parameter LANES = 1,
    // channels of a pixel, >= 1
    parameter CHANNELS = 1,
    // bits of an input channel, 1..16
    parameter IN_BITS = 8,
    // bits of an output channel, 1..16
    parameter OUT_BITS = 8,
    // path of the table; empty: y = x
    parameter TABLE_FILE = ""
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
        if (LANES < 1) begin : gen_illegal_lanes
            hd_lookup_LANES_must_be_at_least_1 u_illegal ();
        end
        if (CHANNELS < 1) begin : gen_illegal_channels
            hd_lookup_CHANNELS_must_be_at_least_1 u_illegal ();
        end
        if (IN_BITS < 1 || IN_BITS > 16) begin : gen_illegal_in_bits
            hd_lookup_IN_BITS_must_be_1_to_16 u_illegal ();
        end
        if (OUT_BITS < 1 || OUT_BITS > 16) begin : gen_illegal_out_bits
            hd_lookup_OUT_BITS_must_be_1_to_16 u_illegal ();
        end
    endgenerate

    localparam WORDS = (CHANNELS + LANES - 1) / LANES;
    localparam LANES_OF_LAST_WORD = CHANNELS - (WORDS - 1) * LANES;
    localparam WORD_W = WORDS > 1 ? $clog2(WORDS) : 1;
    localparam [31:0] LAST_WORD = WORDS - 1;
    localparam [31:0] ONE = 1;

    reg [LANES*IN_BITS-1:0] waiting_reg;
    reg [WORD_W-1:0] word_reg;
    reg last_word_reg;
    reg ready_reg;
    reg valid_reg;

    // not ready means that the waiting register holds a beat
    wire offered = s_axis_tvalid || !ready_reg;
    wire output_free = !valid_reg || m_axis_tready;
    wire read = offered && output_free;
    wire last_word = WORDS == 1 || word_reg == LAST_WORD[WORD_W-1:0];
    wire [LANES*IN_BITS-1:0] address = ready_reg ? s_axis_tdata : waiting_reg;

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;

    genvar g_lane;
    generate
        for (g_lane = 0; g_lane < LANES; g_lane = g_lane + 1) begin : gen_lane
            reg [OUT_BITS-1:0] entries [0:(1<<IN_BITS)-1];
            reg [OUT_BITS-1:0] entry_reg;

            if (TABLE_FILE != "") begin : gen_load
                initial $readmemh(TABLE_FILE, entries);
            end else begin : gen_identity
                integer entry;
                initial begin
                    for (entry = 0; entry < (1 << IN_BITS); entry = entry + 1) entries[entry] = entry[OUT_BITS-1:0];
                end
            end

            always @(posedge clk) begin : read_table
                if (read) entry_reg <= entries[address[g_lane*IN_BITS +: IN_BITS]];
            end

            if (g_lane < LANES_OF_LAST_WORD) begin : gen_always_data
                assign m_axis_tdata[g_lane*OUT_BITS +: OUT_BITS] = entry_reg;
            end else begin : gen_padding_at_end
                assign m_axis_tdata[g_lane*OUT_BITS +: OUT_BITS] = last_word_reg ? {OUT_BITS{1'b0}} : entry_reg;
            end
        end
        if (LANES_OF_LAST_WORD == LANES) begin : gen_no_padding
            wire unused_last_word = last_word_reg;
        end
    endgenerate

    always @(posedge clk) begin : data
        if (ready_reg) waiting_reg <= s_axis_tdata;
        if (read) last_word_reg <= last_word;
    end

    always @(posedge clk) begin : control
        if (read) word_reg <= last_word ? {WORD_W{1'b0}} : word_reg + ONE[WORD_W-1:0];
        if (output_free) begin
            valid_reg <= offered;
            ready_reg <= 1'b1;
        end else if (offered) begin
            ready_reg <= 1'b0;
        end
        if (rst) begin
            word_reg <= {WORD_W{1'b0}};
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
