"""Faults in the middle: commands are killed, disks full, bytes flipped; what is published stays whole and served.

`fork` runs a command in a process that can be killed, `ground` is the directory of releases on which it happens,
`asking` the service that is asked all the while, and the campaigns are `kills`, `operations`, `room`, `damage` and
`crowd`.
"""
