/* SPDX-License-Identifier: MIT
 *
 * What the tool says about itself when it is asked. */
#ifndef TOOL_MANUAL_H
#define TOOL_MANUAL_H

extern const char manual_tool_head[], manual_tool_tail[]; /* the list of verbs stands between them */
extern const char manual_relay[], manual_serve[], manual_doctor[], manual_demo[], manual_help[];

#endif
