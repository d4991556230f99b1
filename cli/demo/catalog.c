/*
 * The price list of the district. Service codes are those of QĐ 7603 (schema/seed/service.tsv), consultations
 * those of schema/seed/exam_code.tsv, active ingredients those of schema/seed/drug.tsv; registration numbers,
 * tenders and drug prices are invented.
 */
#include "cli/demo/catalog.h"

#include <string.h>

#include "base/err.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define WITH(array) (array), COUNT(array)
#define NO_VALUES NULL, 0

static const struct demo_indicator blood_count[] = {
	{ "22.0121.WBC", "Số lượng bạch cầu (WBC)", "G/L", 42, 118, 1 },
	{ "22.0121.RBC", "Số lượng hồng cầu (RBC)", "T/L", 392, 546, 2 },
	{ "22.0121.HGB", "Huyết sắc tố (HGB)", "g/L", 112, 158, 0 },
	{ "22.0121.HCT", "Thể tích khối hồng cầu (HCT)", "L/L", 34, 47, 2 },
	{ "22.0121.PLT", "Số lượng tiểu cầu (PLT)", "G/L", 142, 388, 0 },
	{ "22.0121.NEU", "Bạch cầu trung tính (NEU%)", "%", 420, 780, 1 },
};
static const struct demo_indicator glucose[] = { { "23.0075.GLU", "Glucose máu", "mmol/L", 42, 98, 1 } };
static const struct demo_indicator strip[] = { { "01.0281.GLU", "Đường máu mao mạch", "mmol/L", 44, 112,
    1 } };
static const struct demo_indicator creatinine[] = { { "23.0051.CRE", "Creatinin máu", "µmol/L", 52, 112,
    0 } };
static const struct demo_indicator urea[] = { { "23.0166.URE", "Urê máu", "mmol/L", 25, 75, 1 } };
static const struct demo_indicator uric[] = { { "23.0003.AUR", "Acid uric máu", "µmol/L", 180, 460, 0 } };
static const struct demo_indicator alt[] = { { "23.0019.ALT", "ALT (GPT)", "U/L", 12, 58, 0 } };
static const struct demo_indicator ast[] = { { "23.0020.AST", "AST (GOT)", "U/L", 14, 52, 0 } };
static const struct demo_indicator cholesterol[] = { { "23.0041.CHO", "Cholesterol toàn phần", "mmol/L", 36,
    69, 1 } };
static const struct demo_indicator triglyceride[] = { { "23.0158.TRI", "Triglycerid", "mmol/L", 7, 39, 1 } };
static const struct demo_indicator hba1c[] = { { "23.0083.A1C", "HbA1c", "%", 58, 92, 1 } };
static const struct demo_indicator crp[] = { { "23.0228.CRP", "CRP", "mg/L", 5, 480, 1 } };
static const struct demo_indicator electrolytes[] = {
	{ "23.0058.NA", "Natri", "mmol/L", 134, 146, 0 },
	{ "23.0058.K", "Kali", "mmol/L", 34, 51, 1 },
	{ "23.0058.CL", "Clo", "mmol/L", 96, 108, 0 },
};
static const struct demo_indicator urine[] = {
	{ "23.0206.SG", "Tỷ trọng nước tiểu", "", 1005, 1030, 3 },
	{ "23.0206.PH", "pH nước tiểu", "", 50, 80, 1 },
	{ "23.0206.LEU", "Bạch cầu niệu", "BC/µL", 0, 75, 0 },
};

enum { HAEMATOLOGY, BIOCHEMISTRY, MULTI, ULTRASOUND, X_RAY, ECG };
const struct demo_machine demo_machines[DEMO_MACHINES] = {
	[HAEMATOLOGY] = { "HH", "Máy phân tích huyết học" },
	[BIOCHEMISTRY] = { "SH", "Máy sinh hóa tự động" },
	[MULTI] = { "DC", "Máy xét nghiệm đa chức năng" },
	[ULTRASOUND] = { "SA", "Máy siêu âm màu" },
	[X_RAY] = { "XQ", "Máy X-quang kỹ thuật số" },
	[ECG] = { "ĐT", "Máy điện tim 6 cần" },
};

#define LAB(code, service, machine, values)                                                                  \
	{                                                                                                    \
		code, service, NULL, 1, 0, DEMO_W_LABORATORY, machine, 45, false, values, NULL, NULL         \
	}
#define CONSULTATION(code, name)                                                                             \
	{                                                                                                    \
		code, code, name, 13, 36500, DEMO_W_ROOM, -1, 0, false, NO_VALUES, NULL, NULL                \
	}

const struct demo_service demo_services[] = {
	CONSULTATION("02.03", "Khám Nội tổng hợp"),
	CONSULTATION("03.18", "Khám Nhi"),
	CONSULTATION("10.19", "Khám Ngoại tổng hợp"),
	CONSULTATION("13.27", "Khám Phụ sản"),
	CONSULTATION("15.28", "Khám Tai mũi họng"),
	CONSULTATION("16.29", "Khám Răng hàm mặt"),
	CONSULTATION("14.30", "Khám Mắt"),
	CONSULTATION("01.02", "Khám Hồi sức cấp cứu"),
	{ "TYT.1899", "TYT.1899", "Khám bệnh tại trạm y tế xã", 13, 36500, DEMO_W_ROOM, -1, 0, true,
	    NO_VALUES, NULL, NULL },
	LAB("CTM", "22.0121.1369", HAEMATOLOGY, WITH(blood_count)),
	LAB("GLU", "23.0075.1494", BIOCHEMISTRY, WITH(glucose)),
	LAB("CRE", "23.0051.1494", BIOCHEMISTRY, WITH(creatinine)),
	LAB("URE", "23.0166.1494", BIOCHEMISTRY, WITH(urea)),
	LAB("AUR", "23.0003.1494", BIOCHEMISTRY, WITH(uric)),
	LAB("ALT", "23.0019.1493", BIOCHEMISTRY, WITH(alt)),
	LAB("AST", "23.0020.1493", BIOCHEMISTRY, WITH(ast)),
	LAB("CHO", "23.0041.1506", BIOCHEMISTRY, WITH(cholesterol)),
	LAB("TRI", "23.0158.1506", BIOCHEMISTRY, WITH(triglyceride)),
	LAB("A1C", "23.0083.1523", BIOCHEMISTRY, WITH(hba1c)),
	LAB("CRP", "23.0228.1483", BIOCHEMISTRY, WITH(crp)),
	LAB("DGD", "23.0058.1487", BIOCHEMISTRY, WITH(electrolytes)),
	{ "NTI", "23.0206.1596", NULL, 1, 0, DEMO_W_LABORATORY, MULTI, 30, true, WITH(urine), NULL, NULL },
	{ "DMM", "01.0281.1510", NULL, 1, 0, DEMO_W_LABORATORY, MULTI, 5, true, WITH(strip), NULL, NULL },
	{ "NS1", "24.0183.1637", NULL, 1, 0, DEMO_W_LABORATORY, MULTI, 30, true, NO_VALUES,
	    "Test nhanh kháng nguyên NS1", "Dương tính" },
	{ "HBS", "24.0117.1646", NULL, 1, 0, DEMO_W_LABORATORY, MULTI, 30, false, NO_VALUES,
	    "Test nhanh HBsAg", "Âm tính" },
	{ "NHM", "22.0279.1269", NULL, 1, 0, DEMO_W_LABORATORY, HAEMATOLOGY, 30, false, NO_VALUES,
	    "Định nhóm máu hệ ABO", "Nhóm máu O" },
	{ "SAB", "18.0015.0001", NULL, 2, 0, DEMO_W_IMAGING, ULTRASOUND, 25, false, NO_VALUES,
	    "Gan không to, nhu mô đều. Túi mật thành mỏng, không sỏi. Tụy, lách, hai thận bình thường.",
	    "Hiện tại chưa thấy bất thường trên siêu âm" },
	{ "SAT", "18.0020.0001", NULL, 2, 0, DEMO_W_IMAGING, ULTRASOUND, 25, false, NO_VALUES,
	    "Một thai trong buồng tử cung, tim thai rõ, nước ối bình thường.",
	    "Một thai sống trong tử cung" },
	{ "XQP", "18.0119.0028", NULL, 2, 0, DEMO_W_IMAGING, X_RAY, 30, false, NO_VALUES,
	    "Hai phế trường sáng đều, bóng tim không to, góc sườn hoành hai bên tù.",
	    "Hình ảnh tim phổi bình thường" },
	{ "XQT", "18.0106.0028", NULL, 2, 0, DEMO_W_IMAGING, X_RAY, 30, false, NO_VALUES,
	    "Không thấy đường gãy xương cẳng tay.", "Chưa thấy tổn thương xương" },
	{ "XQL", "18.0093.0028", NULL, 2, 0, DEMO_W_IMAGING, X_RAY, 30, false, NO_VALUES,
	    "Gai xương bờ thân đốt L4, L5; khe đĩa đệm hẹp nhẹ.", "Thoái hóa cột sống thắt lưng" },
	{ "ECG", "02.0085.1778", NULL, 3, 0, DEMO_W_FUNCTION, ECG, 15, true, NO_VALUES,
	    "Nhịp xoang đều, trục trung gian.", "Điện tâm đồ trong giới hạn bình thường" },
	{ "KDG", "02.0032.0898", NULL, 18, 0, DEMO_W_WARD, -1, 15, true, NO_VALUES, NULL, NULL },
	{ "CLV", "03.3821.0216", NULL, 18, 0, DEMO_W_WARD, -1, 25, true, NO_VALUES, NULL, NULL },
	{ "NRS", "03.1955.1029", NULL, 18, 0, DEMO_W_WARD, -1, 15, false, NO_VALUES, NULL, NULL },
	{ "DDE", "13.0033.0614", NULL, 18, 0, DEMO_W_WARD, -1, 60, false, NO_VALUES, NULL, NULL },
	{ "RTH", "10.0506.0459", NULL, 8, 0, DEMO_W_WARD, -1, 75, false, NO_VALUES, NULL, NULL },
	{ "GNO", "K03.1911", "Giường Nội khoa loại 2 Hạng III", 15, 175000, DEMO_W_WARD, -1, 0, false,
	    NO_VALUES, NULL, NULL },
	{ "GCC", "K02.1911", "Giường Hồi sức cấp cứu Hạng III", 15, 221000, DEMO_W_WARD, -1, 0, false,
	    NO_VALUES, NULL, NULL },
	{ "GNH", "K18.1911", "Giường Nhi loại 2 Hạng III", 15, 175000, DEMO_W_WARD, -1, 0, false, NO_VALUES,
	    NULL, NULL },
	{ "GNG", "K19.1931", "Giường Ngoại khoa loại 3 Hạng III", 15, 221000, DEMO_W_WARD, -1, 0, false,
	    NO_VALUES, NULL, NULL },
	{ "GSA", "K27.1911", "Giường Phụ - Sản loại 2 Hạng III", 15, 175000, DEMO_W_WARD, -1, 0, false,
	    NO_VALUES, NULL, NULL },
};
const int demo_service_count = COUNT(demo_services);

#define TABLET "viên"
const struct demo_drug demo_drugs[] = {
	{ "PARA5", "40.48", "Paracetamol 500mg", "Paracetamol", "500mg", TABLET, "1.01", "Viên nén",
	    "VD-90001-26", 250000 },
	{ "PARAS", "40.48", "Paracetamol 150mg gói", "Paracetamol", "150mg", "gói", "1.01", "Thuốc bột",
	    "VD-90002-26", 1150000 },
	{ "AMOX5", "40.154", "Amoxicilin 500mg", "Amoxicillin", "500mg", TABLET, "1.01", "Viên nang",
	    "VD-90003-26", 725000 },
	{ "AMCLA", "40.155", "Amoxicilin 875mg + acid clavulanic 125mg", "Amoxicilin + acid clavulanic",
	    "875mg + 125mg", TABLET, "1.01", "Viên nén bao phim", "VD-90004-26", 3980000 },
	{ "AMCLS", "40.155", "Amoxicilin 250mg + acid clavulanic 31,25mg gói", "Amoxicilin + acid clavulanic",
	    "250mg + 31,25mg", "gói", "1.01", "Thuốc bột", "VD-90005-26", 3150000 },
	{ "CEFIX", "40.169", "Cefixim 200mg", "Cefixim", "200mg", TABLET, "1.01", "Viên nang", "VD-90006-26",
	    1290000 },
	{ "AZITH", "40.219", "Azithromycin 500mg", "Azithromycin", "500mg", TABLET, "1.01",
	    "Viên nén bao phim", "VD-90007-26", 2680000 },
	{ "METRI", "40.212", "Metronidazol 500mg/100ml", "Metronidazol", "500mg/100ml", "chai", "2.15",
	    "Dung dịch truyền", "VD-90008-26", 8820000 },
	{ "CEFAZ", "40.166", "Cefazolin 1g", "Cefazolin", "1g", "lọ", "2.10", "Bột pha tiêm", "VD-90009-26",
	    12600000 },
	{ "CETIR", "40.79", "Cetirizin 10mg", "Cetirizin", "10mg", TABLET, "1.01", "Viên nén", "VD-90010-26",
	    95000 },
	{ "AMBRO", "40.988", "Ambroxol 30mg", "Ambroxol hydrochloride", "30mg", TABLET, "1.01", "Viên nén",
	    "VD-90011-26", 145000 },
	{ "ACETY", "40.998", "Acetylcystein 200mg gói", "N-Acetylcystein", "200mg", "gói", "1.01",
	    "Thuốc bột", "VD-90012-26", 480000 },
	{ "METHY", "40.775", "Methylprednisolon 16mg", "Methylprednisolon", "16mg", TABLET, "1.01",
	    "Viên nén", "VD-90013-26", 630000 },
	{ "AMLOD", "40.491", "Amlodipin 5mg", "Amlodipin", "5mg", TABLET, "1.01", "Viên nén", "VD-90014-26",
	    168000 },
	{ "TELMI", "40.526", "Telmisartan 40mg", "Telmisartan", "40mg", TABLET, "1.01", "Viên nén",
	    "VD-90015-26", 345000 },
	{ "METFO", "40.807", "Metformin 850mg", "Metformin hydroclorid", "850mg", TABLET, "1.01",
	    "Viên nén bao phim", "VD-90016-26", 440000 },
	{ "GLICL", "40.800", "Gliclazid MR 30mg", "Gliclazid", "30mg", TABLET, "1.01",
	    "Viên nén giải phóng kéo dài", "VD-90017-26", 525000 },
	{ "ATORV", "40.549", "Atorvastatin 20mg", "Atorvastatin", "20mg", TABLET, "1.01", "Viên nén bao phim",
	    "VD-90018-26", 312000 },
	{ "ESOME", "40.678", "Esomeprazol 20mg", "Esomeprazol", "20mg", TABLET, "1.01",
	    "Viên nang tan trong ruột", "VD-90019-26", 890000 },
	{ "ANTAC", "40.671", "Magnesi hydroxyd + nhôm hydroxyd + simethicon gói",
	    "Magnesi hydroxyd + nhôm hydroxyd + simethicon", "800,4mg + 611,76mg + 80mg", "gói", "1.01",
	    "Hỗn dịch uống", "VD-90020-26", 2450000 },
	{ "SMECT", "40.722", "Diosmectit 3g gói", "Diosmectit", "3g", "gói", "1.01", "Thuốc bột",
	    "VD-90021-26", 760000 },
	{ "ZINCS", "40.725", "Kẽm gluconat 70mg", "Kẽm gluconat", "70mg", TABLET, "1.01", "Viên nén",
	    "VD-90022-26", 630000 },
	{ "BACIL", "40.719", "Bacillus clausii ống", "Bacillus clausii", "2 tỷ bào tử/5ml", "ống", "1.01",
	    "Hỗn dịch uống", "QLSP-9023-26", 5250000 },
	{ "MELOX", "40.41", "Meloxicam 7,5mg", "Meloxicam", "7,5mg", TABLET, "1.01", "Viên nén",
	    "VD-90024-26", 105000 },
	{ "EPERI", "40.829", "Eperison 50mg", "Eperison HCl", "50mg", TABLET, "1.01", "Viên nén bao phim",
	    "VD-90025-26", 295000 },
	{ "GLUCO", "40.64", "Glucosamin 500mg", "Glucosamin hydroclorid", "500mg", TABLET, "1.01",
	    "Viên nang", "VD-90026-26", 410000 },
	{ "BETAH", "40.899", "Betahistin 16mg", "Betahistine dihydrochloride", "16mg", TABLET, "1.01",
	    "Viên nén", "VD-90027-26", 355000 },
	{ "ROTUN", "40.937", "Rotundin 30mg", "Rotundin", "30mg", TABLET, "1.01", "Viên nén", "VD-90028-26",
	    310000 },
	{ "TOBDE", "40.207", "Tobramycin + dexamethason nhỏ mắt 5ml", "Tobramycin + dexamethason",
	    "15mg + 5mg/5ml", "lọ", "6.01", "Hỗn dịch nhỏ mắt", "VD-90029-26", 18900000 },
	{ "CLOTR", "40.593", "Clotrimazol 1% tuýp 15g", "Clotrimazol", "1%, 15g", "tuýp", "3.05",
	    "Kem bôi ngoài da", "VD-90030-26", 5460000 },
	{ "FERRO", "40.429", "Sắt fumarat + acid folic", "Sắt fumarat + Acid Folic", "200mg + 1mg", TABLET,
	    "1.01", "Viên nang", "VD-90031-26", 620000 },
	{ "VITAC", "40.1057", "Vitamin C 500mg", "Vitamin C", "500mg", TABLET, "1.01", "Viên nén",
	    "VD-90032-26", 180000 },
	{ "OSELD", "40.690", "Metoclopramid 10mg/2ml", "Metoclopramid hydroclorid", "10mg/2ml", "ống", "2.10",
	    "Dung dịch tiêm", "VD-90033-26", 1420000 },
	{ "KETOR", "40.39", "Ketorolac 30mg/ml", "Ketorolac", "30mg/ml", "ống", "2.10", "Dung dịch tiêm",
	    "VD-90034-26", 8350000 },
	{ "FAMOT", "40.666", "Famotidin 20mg/2ml", "Famotidin", "20mg/2ml", "ống", "2.10", "Dung dịch tiêm",
	    "VD-90035-26", 31500000 },
	{ "BUDFO", "40.762", "Budesonid + formoterol 160/4,5mcg 60 liều",
	    "Budesonid, Formoterol fumarate dihydrate", "160mcg + 4,5mcg, 60 liều", "ống", "5.02", "Bột hít",
	    "VN-90036-26", 219000000 },
};
const int demo_drug_count = COUNT(demo_drugs);

const struct demo_supply demo_supplies[] = {
	{ "KIMLUON", "N03.02.070", "Kim luồn tĩnh mạch số 22G", "Cái", 6300 },
	{ "DAYTRUYEN", "N03.05.010", "Dây truyền dịch", "Bộ", 4200 },
	{ "CHISILK", "N05.02.030", "Chỉ silk 3/0 kim tam giác", "Sợi", 14700 },
};
const int demo_supply_count = COUNT(demo_supplies);

const char *const demo_consultations[DEMO_SPECIALTIES] = {
	[DEMO_S_INTERNAL] = "02.03",
	[DEMO_S_CHILDREN] = "03.18",
	[DEMO_S_SURGERY] = "10.19",
	[DEMO_S_WOMEN] = "13.27",
	[DEMO_S_EAR] = "15.28",
	[DEMO_S_TEETH] = "16.29",
	[DEMO_S_EYE] = "14.30",
	[DEMO_S_EMERGENCY] = "01.02",
	[DEMO_S_STATION] = "TYT.1899",
};

int
demo_service_find(const char *code)
{
	for (int i = 0; i < demo_service_count; i++)
		if (strcmp(demo_services[i].code, code) == 0)
			return i;
	fatal("demo: no service %s", code);
}

int
demo_drug_find(const char *code)
{
	for (int i = 0; i < demo_drug_count; i++)
		if (strcmp(demo_drugs[i].code, code) == 0)
			return i;
	fatal("demo: no drug %s", code);
}
