// SPDX-License-Identifier: Apache-2.0

/*
 * hd_fifo_block: first-in first-out buffer of DEPTH beats in block memory.
 *
 * Function    m_axis carries the beats of s_axis in order. Holds at most DEPTH beats, the one at the output included.
 * Latency     2: a beat taken in cycle n is written at its end, read in cycle n+1 and offered in cycle n+2 when the
 *             buffer was empty.
 * Throughput  a beat a cycle for DEPTH >= 3; a beat every 3 / DEPTH cycles below.
 * Stalls      s_axis_tready is a register (not full); a pop in cycle n makes a full buffer ready in cycle n+1.
 *             m_axis_tvalid is a register; m_axis_tdata is the memory's read register and is held.
 * Memory      one write and one read port, synchronous read, never at one address in the same cycle: block memory. For
 *             shallow buffers hd_fifo is the smaller one.
 * Illegal     WIDTH < 1, DEPTH < 1; s_axis_tvalid high while rst is high (the beat is lost).
 */

`resetall
`timescale 1ns / 1ps
`default_nettype none

module hd_fifo_block #(
    // bits of a beat, >= 1
    parameter WIDTH = 8,
    // beats held, >= 1, any integer
    parameter DEPTH = 512
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_axis_tvalid,
    output wire             s_axis_tready,
    input  wire [WIDTH-1:0] s_axis_tdata,

    output wire             m_axis_tvalid,
    input  wire             m_axis_tready,
    output wire [WIDTH-1:0] m_axis_tdata
);

    generate
        if (WIDTH < 1) begin : gen_illegal_width
            hd_fifo_block_WIDTH_must_be_at_least_1 u_illegal ();
        end
        if (DEPTH < 1) begin : gen_illegal_depth
            hd_fifo_block_DEPTH_must_be_at_least_1 u_illegal ();
        end
    endgenerate

    localparam ADDRESS_W = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam LEVEL_W = $clog2(DEPTH + 1);
    localparam [31:0] LAST_ADDRESS = DEPTH - 1;
    localparam [31:0] LEVEL_BEFORE_FULL = DEPTH - 1;
    localparam [31:0] ONE = 1;

    (* ram_style = "block" *)
    reg [WIDTH-1:0] memory [0:DEPTH-1];
    reg [WIDTH-1:0] output_reg;
    reg [ADDRESS_W-1:0] write_address_reg;
    reg [ADDRESS_W-1:0] read_address_reg;
    // beats held, and those of them that have not been read out of the memory
    reg [LEVEL_W-1:0] level_reg;
    reg [LEVEL_W-1:0] unread_reg;
    reg ready_reg;
    reg valid_reg;

    wire push = s_axis_tvalid && ready_reg;
    wire pop = valid_reg && m_axis_tready;
    wire read = unread_reg != {LEVEL_W{1'b0}} && (!valid_reg || m_axis_tready);

    assign s_axis_tready = ready_reg;
    assign m_axis_tvalid = valid_reg;
    assign m_axis_tdata = output_reg;

    always @(posedge clk) begin : access_memory
        if (push) memory[write_address_reg] <= s_axis_tdata;
        if (read) output_reg <= memory[read_address_reg];
    end

    always @(posedge clk) begin : move_pointers
        if (push) begin
            write_address_reg <= write_address_reg == LAST_ADDRESS[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
                : write_address_reg + ONE[ADDRESS_W-1:0];
        end
        if (read) begin
            read_address_reg <= read_address_reg == LAST_ADDRESS[ADDRESS_W-1:0] ? {ADDRESS_W{1'b0}}
                : read_address_reg + ONE[ADDRESS_W-1:0];
        end
        if (push && !read) unread_reg <= unread_reg + ONE[LEVEL_W-1:0];
        if (read && !push) unread_reg <= unread_reg - ONE[LEVEL_W-1:0];
        if (read || pop) valid_reg <= read;
        if (push && !pop) begin
            level_reg <= level_reg + ONE[LEVEL_W-1:0];
            ready_reg <= level_reg != LEVEL_BEFORE_FULL[LEVEL_W-1:0];
        end
        if (pop && !push) begin
            level_reg <= level_reg - ONE[LEVEL_W-1:0];
            ready_reg <= 1'b1;
        end
        if (rst) begin
            write_address_reg <= {ADDRESS_W{1'b0}};
            read_address_reg <= {ADDRESS_W{1'b0}};
            level_reg <= {LEVEL_W{1'b0}};
            unread_reg <= {LEVEL_W{1'b0}};
            ready_reg <= 1'b1;
            valid_reg <= 1'b0;
        end
    end

endmodule

`resetall
