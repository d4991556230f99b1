-- A visit as rows of the claim tables: the one place where our columns meet the standard's field names.
-- Columns that begin with "_" are not fields. STT, totals, SO_NGAY_DTRI and the MA_LK of all tables but XML1 are set
-- by claims/assemble: a value that is the same in every row of a visit is read once.
-- Timestamps and dates stay typed; the assembler prints them in business time.
set local role hmis_owner;

create view claim.xml1 with (security_invoker = true) as
select v.tenant_id as _tenant_id, v.facility_id as _facility_id, v.visit_id as _visit_id,
    extract(epoch from v.arrived_at)::bigint as _arrived, extract(epoch from v.discharged_at)::bigint as _discharged,
    (select coalesce(max(l.days), 0) from care.prescription r join care.prescription_line l
        on l.tenant_id = r.tenant_id and l.prescription_id = r.prescription_id
        where r.tenant_id = v.tenant_id and r.visit_id = v.visit_id and r.status <> 'cancelled') as _drug_days,
    (select count(distinct sys.business_date(coalesce(o.performed_at, o.ordered_at))) from care.service_order o
        where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id and o.status = 'done') as _service_days,
    -- who signs the discharge paper and the paper of return
    case when v.kind_code in ('03', '04', '06') or v.follow_up_on is not null then (select concat(s.code, E'\t', s.full_name)
        from org.staff s where s.tenant_id = v.tenant_id and s.staff_id = v.practitioner_id) end as _doctor,
    v.ma_lk::text as ma_lk,
    p.code as ma_bn,
    p.full_name::text as ho_ten,
    coalesce(p.citizen_id::text, p.other_id) as so_cccd,
    case p.birth_precision
        when 'minute' then to_char(p.born_on, 'YYYYMMDD')
            || lpad((p.born_at_minute / 60)::text, 2, '0') || lpad((p.born_at_minute % 60)::text, 2, '0')
        when 'day' then to_char(p.born_on, 'YYYYMMDD') || '0000'
        when 'month' then to_char(p.born_on, 'YYYYMM') || '000000'
        else to_char(p.born_on, 'YYYY') || '00000000'
    end as ngay_sinh,
    p.sex as gioi_tinh,
    p.blood_type as nhom_mau,
    p.nationality_code as ma_quoctich,
    p.ethnic_code as ma_dantoc,
    p.occupation_code as ma_nghe_nghiep,
    p.address::text as dia_chi,
    p.province_code as matinh_cu_tru,
    p.commune_code as maxa_cu_tru,
    p.phone as dien_thoai,
    k.cards as ma_the_bhyt,
    k.registered as ma_dkbd,
    k.valid_from as gt_the_tu,
    k.valid_to as gt_the_den,
    case when k.exempt_at < v.discharged_at then k.exempt_at end as ngay_mien_cct,
    v.reason::text as ly_do_vv,
    v.admission_reason::text as ly_do_vnt,
    coalesce(d.admission_text, d.main_text) as chan_doan_vao,
    d.discharge_text as chan_doan_rv,
    d.main_code as ma_benh_chinh,
    d.other_codes as ma_benh_kt,
    d.traditional_codes as ma_benh_yhct,
    case when c.has_procedures then (select string_agg(distinct array_to_string(h.procedure_codes, ';'), ';') from bill.charge h
        where h.tenant_id = v.tenant_id and h.visit_id = v.visit_id and not h.is_void and h.procedure_codes <> '{}') end as ma_pttt_qt,
    v.object_code as ma_doituong_kcb,
    v.referred_from_code as ma_noi_di,
    v.referred_to_code as ma_noi_den,
    v.accident_code as ma_tai_nan,
    v.arrived_at as ngay_vao,
    v.admitted_at as ngay_vao_noi_tru,
    case when v.kind_code in ('02', '05', '07')
        then to_char(sys.business_date(v.discharged_at), 'YYYYMMDD') || '2359'
        else to_char(v.discharged_at at time zone 'Asia/Ho_Chi_Minh', 'YYYYMMDDHH24MI')
    end as ngay_ra,
    v.referral_no as giay_chuyen_tuyen,
    v.treatment as pp_dieu_tri,
    v.result_code as ket_qua_dtri,
    v.outcome_code as ma_loai_rv,
    v.remark::text as ghi_chu,
    v.settled_at as ngay_ttoan,
    to_char(sys.business_date(v.discharged_at), 'YYYY') as nam_qt,
    to_char(sys.business_date(v.discharged_at), 'MM') as thang_qt,
    v.kind_code as ma_loai_kcb,
    coalesce(m.departments, e.code) as ma_khoa,
    f.code::text as ma_cskcb,
    k.area as ma_khuvuc,
    v.weight_kg as can_nang,
    k.five_year_on as nam_nam_lien_tuc,
    to_char(v.follow_up_on, 'YYYYMMDD') as ngay_tai_kham,
    v.ma_lk::text as ma_hsba,
    f.head_code as ma_ttdv
from care.visit v
join reg.patient r on r.tenant_id = v.tenant_id and r.patient_id = v.patient_id
join reg.patient p on p.tenant_id = v.tenant_id and p.patient_id = coalesce(r.merged_into_id, r.patient_id)
join org.facility f on f.tenant_id = v.tenant_id and f.facility_id = v.facility_id
join org.department e on e.tenant_id = v.tenant_id and e.department_id = v.department_id
left join lateral (
    -- the array is whole here: row-level security lets only plain values choose the rows of another table by index
    select array_append(array_agg(h.coverage_id), v.coverage_id) as coverage_ids, bool_or(h.procedure_codes <> '{}') as has_procedures
    from bill.charge h
    where h.tenant_id = v.tenant_id and h.visit_id = v.visit_id and not h.is_void
) c on true
left join lateral (
    -- the cards of the visit in order of validity: the one it was opened with and those its charges used
    select string_agg(g.card_no::text, ';') as cards, string_agg(g.registered_code::text, ';') as registered,
        string_agg(to_char(lower(g.valid), 'YYYYMMDD'), ';') as valid_from,
        string_agg(coalesce(to_char(upper(g.valid) - 1, 'YYYYMMDD'), ''), ';') as valid_to,
        max(g.area_code) as area, max(g.five_year_on) as five_year_on, min(g.exempt_at) as exempt_at
    from (select * from reg.coverage o
        where o.tenant_id = v.tenant_id and o.coverage_id = any (c.coverage_ids)
        order by lower(o.valid)) g
) k on true
left join lateral (
    select string_agg(x.name, '; ') filter (where x.role = 'admission') as admission_text,
        max(x.name) filter (where x.role = 'main') as main_text,
        string_agg(x.name, '; ') filter (where x.role in ('main', 'secondary')) as discharge_text,
        max(x.icd_code) filter (where x.role = 'main') as main_code,
        string_agg(x.icd_code, ';') filter (where x.role = 'secondary') as other_codes,
        string_agg(x.icd_code, ';') filter (where x.role = 'traditional') as traditional_codes
    from (select o.role, o.icd_code, coalesce(o.note, i.name_vi) as name
        from care.diagnosis o
        left join ref.icd10 i on i.code = o.icd_code and o.role <> 'traditional' and i.valid @> v.arrived_on
        where o.tenant_id = v.tenant_id and o.visit_id = v.visit_id
        order by o.role, o.position) x
) d on true
left join lateral (
    select string_agg(y.code, ';' order by lower(y.during)) as departments
    from (
        -- a return to the department just left does not name it twice
        select q.code, w.during, lag(q.code) over (order by lower(w.during)) as before
        from care.movement w join org.department q on q.tenant_id = w.tenant_id and q.department_id = w.department_id
        where w.tenant_id = v.tenant_id and w.visit_id = v.visit_id
    ) y
    where y.before is distinct from y.code
) m on true;
comment on view claim.xml1 is 'XML1 of each visit, without the fields that follow from its other rows';

create view claim.xml2 with (security_invoker = true) as
select h.tenant_id as _tenant_id, h.visit_id as _visit_id, h.charge_id as _charge_id,
    h.source_kind as _source_kind, h.source_id as _source_id,
    h.item_code as ma_thuoc,
    h.group_code as ma_nhom,
    h.item_name as ten_thuoc,
    h.unit as don_vi_tinh,
    h.strength as ham_luong,
    h.route_code as duong_dung,
    h.form as dang_bao_che,
    h.dose_text as lieu_dung,
    h.usage_text as cach_dung,
    h.registration_no as so_dang_ky,
    h.tender as tt_thau,
    h.scope_code as pham_vi,
    trim_scale(h.rate_insurance::numeric) as tyle_tt_bh,
    h.quantity as so_luong,
    h.price_hospital as don_gia,
    h.amount_hospital as thanh_tien_bv,
    h.amount_insurance as thanh_tien_bh,
    h.other_state as t_nguonkhac_nsnn,
    h.other_foreign as t_nguonkhac_vtnn,
    h.other_domestic as t_nguonkhac_vttn,
    h.other_rest as t_nguonkhac_cl,
    h.other_share as t_nguonkhac,
    trim_scale(h.benefit_level::numeric) as muc_huong,
    h.self_share as t_bntt,
    h.copay_share as t_bncct,
    h.fund_share as t_bhtt,
    e.code as ma_khoa,
    array_to_string(h.practitioner_codes, ';') as ma_bac_si,
    h.service_code as ma_dich_vu,
    h.ordered_at as ngay_yl,
    h.performed_at as ngay_th_yl,
    h.payment_method as ma_pttt,
    h.paid_source as nguon_ctra,
    case when h.war_wound then '1' end as vet_thuong_tp
from bill.charge h
join org.department e on e.tenant_id = h.tenant_id and e.department_id = h.department_id
where h.claim_table = 2 and not h.is_void;
comment on view claim.xml2 is 'XML2: drugs, one row per live charge';

create view claim.xml3 with (security_invoker = true) as
select h.tenant_id as _tenant_id, h.visit_id as _visit_id, h.charge_id as _charge_id,
    h.source_kind as _source_kind, h.source_id as _source_id,
    case when h.source_kind = 'supply_use' then h.service_code else h.item_code end as ma_dich_vu,
    nullif(array_to_string(h.procedure_codes, ';'), '') as ma_pttt_qt,
    case when h.source_kind = 'supply_use' then h.item_code end as ma_vat_tu,
    h.group_code as ma_nhom,
    h.package_code as goi_vtyt,
    case when h.source_kind = 'supply_use' then h.item_name end as ten_vat_tu,
    case when h.source_kind <> 'supply_use' then h.item_name end as ten_dich_vu,
    case when h.source_kind = 'transport' then h.service_code end as ma_xang_dau,
    h.unit as don_vi_tinh,
    h.scope_code as pham_vi,
    h.quantity as so_luong,
    h.price_hospital as don_gia_bv,
    h.price_applied as don_gia_bh,
    case when h.source_kind = 'supply_use' then h.tender end as tt_thau,
    trim_scale(h.rate_service_applied::numeric) as tyle_tt_dv,
    trim_scale(h.rate_insurance::numeric) as tyle_tt_bh,
    h.amount_hospital as thanh_tien_bv,
    h.amount_insurance as thanh_tien_bh,
    h.ceiling as t_trantt,
    trim_scale(h.benefit_level::numeric) as muc_huong,
    h.other_state as t_nguonkhac_nsnn,
    h.other_foreign as t_nguonkhac_vtnn,
    h.other_domestic as t_nguonkhac_vttn,
    h.other_rest as t_nguonkhac_cl,
    h.other_share as t_nguonkhac,
    h.self_share as t_bntt,
    h.copay_share as t_bncct,
    h.fund_share as t_bhtt,
    e.code as ma_khoa,
    nullif(array_to_string(h.bed_codes, ';'), '') as ma_giuong,
    array_to_string(h.practitioner_codes, ';') as ma_bac_si,
    nullif(array_to_string(h.performer_codes, ';'), '') as nguoi_thuc_hien,
    nullif(array_to_string(h.icd_codes, ';'), '') as ma_benh,
    h.ordered_at as ngay_yl,
    coalesce(h.performed_at, h.ordered_at) as ngay_th_yl,
    h.result_at as ngay_kq,
    h.payment_method as ma_pttt,
    case when h.war_wound then '1' end as vet_thuong_tp,
    h.anaesthesia_code as pp_vo_cam,
    h.machine_code as ma_may,
    h.model_no as ma_hieu_sp,
    case when h.reused then '1' end as tai_su_dung
from bill.charge h
join org.department e on e.tenant_id = h.tenant_id and e.department_id = h.department_id
where h.claim_table = 3 and not h.is_void;
comment on view claim.xml3 is 'XML3: services and supplies, one row per live charge';

create view claim.xml4 with (security_invoker = true) as
select r.tenant_id as _tenant_id, r.visit_id as _visit_id, r.result_id as _result_id,
    o.service_code as ma_dich_vu,
    r.indicator_code as ma_chi_so,
    r.indicator_name::text as ten_chi_so,
    r.value::text as gia_tri,
    r.unit as don_vi_do,
    r.description::text as mo_ta,
    r.conclusion::text as ket_luan,
    r.resulted_at as ngay_kq,
    s.code as ma_bs_doc_kq
from care.result r
join care.service_order o on o.tenant_id = r.tenant_id and o.service_order_id = r.service_order_id
left join org.staff s on s.tenant_id = r.tenant_id and s.staff_id = r.read_by_id
where r.status <> 'P' and o.status = 'done'
    and not exists (select from care.result n where n.tenant_id = r.tenant_id and n.replaces_id = r.result_id);
comment on view claim.xml4 is 'XML4: final results that no later row corrects';

create view claim.xml5 with (security_invoker = true) as
select n.tenant_id as _tenant_id, n.visit_id as _visit_id, n.note_id as _note_id,
    n.progress::text as dien_bien_ls,
    n.stage::text as giai_doan_benh,
    n.consultation::text as hoi_chan,
    n.surgery::text as phau_thuat,
    n.written_at as thoi_diem_dbls,
    s.code as nguoi_thuc_hien
from care.note n
join care.visit v on v.tenant_id = n.tenant_id and v.visit_id = n.visit_id
join org.staff s on s.tenant_id = n.tenant_id and s.staff_id = n.written_by_id
where v.kind_code in ('02', '03', '04', '05', '06', '08', '09');
comment on view claim.xml5 is 'XML5: progress notes, for the kinds of care that send them';

create view claim.xml0 with (security_invoker = true) as
select i.tenant_id as _tenant_id, i.facility_id as _facility_id, i.check_in_id as _check_in_id,
    x.ma_lk, x.ma_bn, x.ho_ten, x.so_cccd, x.ngay_sinh, x.gioi_tinh,
    g.card_no::text as ma_the_bhyt,
    g.registered_code::text as ma_dkbd,
    lower(g.valid) as gt_the_tu,
    upper(g.valid) - 1 as gt_the_den,
    x.ma_doituong_kcb, x.ngay_vao, x.ngay_vao_noi_tru, x.ly_do_vnt, x.ma_loai_kcb, x.ma_cskcb,
    case when h.claim_table = 3 and h.source_kind <> 'supply_use' then h.item_code end as ma_dich_vu,
    case when h.claim_table = 3 and h.source_kind <> 'supply_use' then h.item_name end as ten_dich_vu,
    case when h.claim_table = 2 then h.item_code end as ma_thuoc,
    case when h.claim_table = 2 then h.item_name end as ten_thuoc,
    case when h.source_kind = 'supply_use' then h.item_code end as ma_vat_tu,
    case when h.source_kind = 'supply_use' then h.item_name end as ten_vat_tu,
    h.ordered_at as ngay_yl
from claim.check_in i
join claim.xml1 x on x._tenant_id = i.tenant_id and x._visit_id = i.visit_id
join bill.charge h on h.tenant_id = i.tenant_id and h.charge_id = i.charge_id
join care.visit v on v.tenant_id = i.tenant_id and v.visit_id = i.visit_id
left join reg.coverage g on g.tenant_id = v.tenant_id and g.coverage_id = v.coverage_id;
comment on view claim.xml0 is 'XML0: the check-in of a visit after its first cost';
