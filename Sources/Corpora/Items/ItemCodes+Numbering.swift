import Interactions
import Vectors

extension ItemCodes: ItemNumbering {
  package var firstID: String { ids[0] }
}
