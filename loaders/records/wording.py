"""Wording: what staff read about a fault, in Vietnamese first.

Errors are raised in English; here they are said in Vietnamese, in the words that docs/records.md has too. The command
line tells every one of them so.
"""

from __future__ import annotations

import copy

from loaders.errors import DataError, DataErrors

# How messages begin, what they mean, what to do.
WORDING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("a required cell is empty",), "ô bắt buộc còn trống", "điền, theo hướng dẫn của ô"),
    (("exactly one of these must be filled in",), "phải điền đúng một trong các cột nêu ra", "xóa bớt hoặc điền thêm"),
    (("at least one of these must be filled in",), "phải điền ít nhất một trong các cột", "điền một cột"),
    (("only one of these may be filled in",), "chỉ được điền một trong các cột", "xóa bớt"),
    (("fill in all of these, or none",), "các cột đi cùng nhau", "điền đủ, hoặc xóa cả"),
    (("the first of these needs the second",), "cột đầu chỉ có nghĩa khi có cột sau", "điền cột sau"),
    (("the first of these must be smaller than the second",), "vị trí đầu không đứng trước vị trí cuối", "sửa hai số"),
    (("the first of these must not be after the second",), "bắt đầu sau khi kết thúc", "sửa năm hoặc ngày"),
    (("not in the list",), "không có trong danh mục", "chọn một giá trị được gợi ý"),
    (("nothing before or after a separator",), "có dấu `\\|` thừa", "bỏ dấu ấy"),
    (
        (
            "not a date",
            "no such day",
            "a date out of time",
        ),
        "không phải ngày, hoặc tháng viết trước ngày, hoặc ngoài 1945–2100",
        "viết 13/07/2017",
    ),
    (("not a year",), "không phải năm bốn chữ số", "viết 2017"),
    (
        (
            "not a whole number from 0 on",
            "not a number",
        ),
        "không phải số",
        "chỉ viết chữ số",
    ),
    (
        ("a number that could be thousands or a fraction",),
        "`1.234` có thể là nghìn, có thể là lẻ",
        "viết 1234 hoặc 1,2340",
    ),
    (("a number of more than 30 digits",), "số dài hơn 30 chữ số", "xem lại ô, chỉ viết chữ số"),
    (("a percentage, or a fraction of one",), "ô hiện 50% nhưng chứa 0,5; 150% nhưng chứa 1,5", "viết 50, 150"),
    (
        (
            "not a period",
            "a period that ends before it starts",
        ),
        "không phải kỳ, hoặc kỳ ngược",
        "viết như ở mục *Kỳ*",
    ),
    (("not a key",), "mã có chữ hoa, dấu, dấu cách", "mã chỉ có a-z, 0-9 và dấu gạch nối"),
    (("not a SHA-256",), "không phải mã kiểm", "chép nguyên kết quả của `sha256sum`"),
    (("not a web address",), "không phải địa chỉ trang", "chép từ trình duyệt, bắt đầu bằng https://"),
    (
        ("the spreadsheet changed this code, leading zeros may be lost",),
        "bảng tính đã đổi mã thành số hoặc ngày",
        "đổi cột sang kiểu Text rồi gõ lại",
    ),
    (("the spreadsheet changed this text",), "bảng tính đã đổi chữ thành ngày", "đổi cột sang kiểu Text rồi gõ lại"),
    (
        ("letters were lost in this text",),
        "chữ đã hỏng khi xuất tệp, hoặc gõ bằng phông cũ (TCVN3, VNI)",
        "gõ lại bằng Unicode, lưu CSV UTF-8 hoặc XLSX",
    ),
    (
        ("marks of a web page in this text",),
        "chữ còn lẫn mã của trang mạng (`<b>`, `&nbsp;`)",
        "chỉ giữ chữ, như trang hiện ra",
    ),
    (
        ("a sign in place of words",),
        "ô chỉ có dấu (-, ?, …), hoặc chữ thay cho điều không biết (x, không rõ)",
        "không biết thì để trống; ô bắt buộc mà không biết thì bỏ cả dòng",
    ),
    (
        ("a text of more than 2000 characters",),
        "chữ dài hơn 2000 ký tự",
        "chỉ ghi tên, tiêu đề, vài chữ; không chép nội dung bài",
    ),
    (("this key was never minted",), "mã chưa cấp", "chạy lệnh được nêu"),
    (
        ("nobody ever had this key",),
        "`withdrawals.csv` ghi mã chưa cấp cho ai, nên người cần rút vẫn được công bố",
        "sửa mã theo gợi ý; chỉ lệnh thidua ghi vào đó",
    ),
    (("no row has this key",), "mã không có ở trang được nhắc đến", "thêm dòng ở trang ấy, hoặc sửa mã theo gợi ý"),
    (("no row of cluster_years has this cluster and year",), "cụm chưa có năm ấy", "thêm dòng ở trang *Năm của cụm*"),
    (
        ("no row of holdings says that the person held this post then",),
        "chưa ghi người ấy giữ chức vụ ấy vào ngày họp",
        "thêm dòng ở trang *Giữ chức vụ*",
    ),
    (
        ("the conference and the posts that people held at it have different days",),
        "ngày họp khác ngày ở trang *Giữ chức vụ* (hai nơi được nêu)",
        "sửa một trong hai",
    ),
    (
        ("this source has no text whose characters could be counted",),
        "có vị trí nhưng nguồn không có văn bản",
        "ghi SHA-256 cho nguồn, hoặc xóa vị trí",
    ),
    (("no unit has this name",), "danh mục không có đơn vị tên ấy vào lúc ấy", "xem tên, loại, cấp trên, thời điểm"),
    (
        ("the unit of this code did not exist then",),
        "mã đúng nhưng lúc ấy chưa có hoặc không còn đơn vị ấy",
        "ghi mã của đơn vị lúc ấy, hoặc sửa năm, ngày",
    ),
    (
        ("the unit of this code lies elsewhere",),
        "mã đúng nhưng đơn vị ấy thuộc nơi khác (nơi ấy được nêu)",
        "sửa mã, hoặc sửa cấp trên",
    ),
    (("several units",), "nhiều đơn vị cùng tên", "thêm cấp trên, hoặc ghi ấn bản và mã"),
    (("this says what a unit lies in, but names no unit",), "có cấp trên mà không có đơn vị", "điền đơn vị"),
    (("this row stands twice",), "dòng lặp", "xóa một dòng"),
    (("the same rows stand in two files",), "cùng những dòng ấy có ở hai tệp", "giữ ở một tệp"),
    (
        ("two rows describe the same thing differently, from one source",),
        "một nguồn, hai dòng khác nhau về một điều",
        "sửa cho giống, hoặc giữ một",
    ),
    (
        (
            "no column has this heading",
            "a column is missing",
        ),
        "tiêu đề lạ hoặc thiếu",
        "sửa theo gợi ý",
    ),
    (("two columns have this heading",), "hai cột có cùng tiêu đề", "xóa một cột, hoặc đặt lại tiêu đề"),
    (
        ("a cell without a heading above it",),
        "ô nằm dưới cột không tên, hoặc dấu phẩy làm tách ô",
        "đặt tiêu đề, hoặc đặt ô trong ngoặc kép",
    ),
    (("no table has this name",), "tên tệp, tên trang lạ", "đổi tên theo gợi ý"),
    (
        (
            "not a file that can be read",
            "not a readable XLSX workbook",
            "the workbook has a password",
        ),
        "tệp không đọc được",
        "lưu lại dạng .xlsx, bỏ mật khẩu",
    ),
    (("the name of a file is not in UTF-8",), "tên tệp không phải UTF-8", "đặt lại tên tệp"),
    (
        (
            "not in UTF-8, and another encoding would garble the Vietnamese",
            "not CSV",
        ),
        "tệp CSV không phải UTF-8, hoặc ngoặc kép không đóng",
        "lưu lại bằng CSV UTF-8",
    ),
    (
        ("the file ends in the middle of a row",),
        "tệp CSV bị cắt giữa dòng cuối",
        "lấy lại tệp đầy đủ; nếu chỉ có vậy thì xuống dòng ở cuối tệp",
    ),
    (("not TOML",), "`source.toml` viết sai", "sửa chỗ được nêu, hoặc lấy lại tệp"),
    (
        (
            "missing entry",
            "unknown entry",
            "an entry of another form",
        ),
        "`source.toml` thiếu mục, có mục lạ hoặc mục sai dạng",
        "sửa như được nêu",
    ),
    (
        (
            "not a line of the ledger",
            "not a ledger of keys",
            "the ledger is missing",
            "a key minted twice",
        ),
        "sổ bị sửa tay, bị mất, hoặc có mã trùng",
        "lấy lại tệp được nêu; chỉ lệnh thidua ghi vào đó",
    ),
    (("a formula that failed",), "ô có công thức hỏng (#N/A, #REF!)", "thay bằng giá trị"),
    (("a formula in place of its result",), "ô chứa chính công thức (=A2&B2), không phải kết quả", "thay bằng giá trị"),
    (
        ("a formula without its result",),
        "ô có công thức mà tệp không lưu kết quả",
        "mở bằng Excel rồi lưu lại, hoặc dán giá trị thay công thức",
    ),
    (
        ("a hidden sheet that holds something",),
        "trang bị ẩn mà có dữ liệu",
        "bỏ ẩn (Unhide); không muốn đọc thì đặt tên bắt đầu bằng `_`",
    ),
    (("merged cells",), "có ô gộp (vùng được nêu)", "bỏ gộp, điền từng ô"),
    (
        ("a cell far from the table",),
        "có ô lạc xa bảng (ô được nêu), nên trang rộng, dài quá mức",
        "xóa ô ấy rồi lưu lại, hoặc chia trang",
    ),
    (
        ("a workbook that unpacks to too much",),
        "tệp nở ra quá lớn khi mở",
        "bỏ hình và trang thừa, hoặc chia tệp",
    ),
    (
        ("a folder, which is not read",),
        "trong `data/records/` có thư mục",
        "chuyển tệp ra ngoài thư mục ấy, hoặc để nơi khác",
    ),
    (
        ("a table has fewer rows than it must",),
        "số dòng ít hơn số ở `[expected]` của `source.toml`",
        "tìm dòng bị mất; nếu cố ý bỏ dòng thì hạ số như được nêu",
    ),
    (
        ("a table that must have rows is nowhere",),
        "mất cả tệp hay trang của bảng",
        "đặt lại tệp; bảng đã bỏ hẳn thì ghi số 0",
    ),
)


class Faults(DataErrors):
    """Several errors, each told in both languages."""

    def __str__(self) -> str:
        return "\n".join(told(error) for error in self.errors)


def told(error: DataError) -> str:
    """The error in Vietnamese, then in English.

    >>> print(told(DataError("not a year", file="members.csv", line=2, value="17", hint="write four digits: 2017")))
    members.csv:2: không phải năm bốn chữ số; viết 2017 / not a year: '17' → write four digits: 2017
    """
    for messages, means, way in WORDING:
        if error.message.startswith(messages):
            both = copy.copy(error)
            both.message = f"{means}; {way} / {error.message}"
            return str(both)
    return str(error)
