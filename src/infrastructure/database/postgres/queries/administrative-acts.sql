/* The record is append-only: there is no statement that changes or deletes it. The database's clock dates an act. */
/* @name insertAdministrativeAct */
insert into administrative_acts (id, action, user_id, actor_kind, actor_id, operator, reason, request_id)
values (:id!, :action!, :userId!, :actorKind!, :actorId, :operator, :reason, :requestId!);

/* The newest first. */
/* @name listAdministrativeActs */
select id, at, action, user_id, actor_kind, actor_id, operator, reason, request_id
from administrative_acts
where user_id = :userId!
order by id desc
limit :limit!;
