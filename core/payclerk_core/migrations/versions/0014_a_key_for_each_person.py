"""each person has a key of their own, which the import finds them by

Revision: 0014, after 0013
"""

import secrets

import sqlalchemy as sa
from alembic import op

from payclerk_core.tables.base import Key

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("person", sa.Column("import_key", sa.String(length=26), nullable=True))
    person = sa.table("person", sa.column("id", Key), sa.column("import_key", sa.String()))
    connection = op.get_bind()
    given = [{"one": one, "key": f"p{secrets.token_hex(12)}"} for one in connection.scalars(sa.select(person.c.id))]
    if given:
        mine = person.update().where(person.c.id == sa.bindparam("one"))
        connection.execute(mine.values(import_key=sa.bindparam("key")), given)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.alter_column("import_key", existing_type=sa.String(length=26), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_person_import_key"), ["import_key"])


def downgrade():
    raise RuntimeError("restore the backup made before the upgrade instead")
